// Original file: proto/server.proto

import type { SnapshotHeader as _gossipraft_SnapshotHeader, SnapshotHeader__Output as _gossipraft_SnapshotHeader__Output } from '../gossipraft/SnapshotHeader.ts';
import type { PostedBatch as _gossipraft_PostedBatch, PostedBatch__Output as _gossipraft_PostedBatch__Output } from '../gossipraft/PostedBatch.ts';

export interface FetchSnapshotReply {
  'header'?: (_gossipraft_SnapshotHeader | null);
  'data'?: (Buffer | Uint8Array | string);
  'batch'?: (_gossipraft_PostedBatch | null);
  'isComplete'?: (boolean);
  'part'?: "header"|"data"|"batch"|"isComplete";
}

export interface FetchSnapshotReply__Output {
  'header'?: (_gossipraft_SnapshotHeader__Output | null);
  'data'?: (Buffer);
  'batch'?: (_gossipraft_PostedBatch__Output | null);
  'isComplete'?: (boolean);
  'part'?: "header"|"data"|"batch"|"isComplete";
}
