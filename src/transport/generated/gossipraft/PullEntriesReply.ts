// Original file: proto/server.proto

import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from '../gossipraft/Envelope.ts';
import type { PullBatch as _gossipraft_PullBatch, PullBatch__Output as _gossipraft_PullBatch__Output } from '../gossipraft/PullBatch.ts';
import type { PullRefused as _gossipraft_PullRefused, PullRefused__Output as _gossipraft_PullRefused__Output } from '../gossipraft/PullRefused.ts';

export interface PullEntriesReply {
  'envelope'?: (_gossipraft_Envelope | null);
  'batch'?: (_gossipraft_PullBatch | null);
  'refused'?: (_gossipraft_PullRefused | null);
  'reply'?: "batch"|"refused";
}

export interface PullEntriesReply__Output {
  'envelope': (_gossipraft_Envelope__Output | null);
  'batch'?: (_gossipraft_PullBatch__Output | null);
  'refused'?: (_gossipraft_PullRefused__Output | null);
  'reply'?: "batch"|"refused";
}
