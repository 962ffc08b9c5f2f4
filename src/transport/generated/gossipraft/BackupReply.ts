// Original file: proto/client.proto

import type { BackupHeader as _gossipraft_BackupHeader, BackupHeader__Output as _gossipraft_BackupHeader__Output } from '../gossipraft/BackupHeader.ts';
import type { PostedBatch as _gossipraft_PostedBatch, PostedBatch__Output as _gossipraft_PostedBatch__Output } from '../gossipraft/PostedBatch.ts';
import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';

export interface BackupReply {
  'header'?: (_gossipraft_BackupHeader | null);
  'record'?: (Buffer | Uint8Array | string);
  'batch'?: (_gossipraft_PostedBatch | null);
  'isComplete'?: (boolean);
  'refused'?: (_gossipraft_Refused | null);
  'part'?: "header"|"record"|"batch"|"isComplete"|"refused";
}

export interface BackupReply__Output {
  'header'?: (_gossipraft_BackupHeader__Output | null);
  'record'?: (Buffer);
  'batch'?: (_gossipraft_PostedBatch__Output | null);
  'isComplete'?: (boolean);
  'refused'?: (_gossipraft_Refused__Output | null);
  'part'?: "header"|"record"|"batch"|"isComplete"|"refused";
}
