// Original file: proto/client.proto

import type { BackupHeader as _gossipraft_BackupHeader, BackupHeader__Output as _gossipraft_BackupHeader__Output } from '../gossipraft/BackupHeader.ts';
import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { BackupPiece as _gossipraft_BackupPiece, BackupPiece__Output as _gossipraft_BackupPiece__Output } from '../gossipraft/BackupPiece.ts';
import type { BackupEnd as _gossipraft_BackupEnd, BackupEnd__Output as _gossipraft_BackupEnd__Output } from '../gossipraft/BackupEnd.ts';

export interface BackupReply {
  'header'?: (_gossipraft_BackupHeader | null);
  'refused'?: (_gossipraft_Refused | null);
  'piece'?: (_gossipraft_BackupPiece | null);
  'end'?: (_gossipraft_BackupEnd | null);
  'part'?: "header"|"refused"|"piece"|"end";
}

export interface BackupReply__Output {
  'header'?: (_gossipraft_BackupHeader__Output | null);
  'refused'?: (_gossipraft_Refused__Output | null);
  'piece'?: (_gossipraft_BackupPiece__Output | null);
  'end'?: (_gossipraft_BackupEnd__Output | null);
  'part'?: "header"|"refused"|"piece"|"end";
}
