// Original file: proto/server.proto

import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from '../gossipraft/Envelope.ts';

export interface RequestVoteRequest {
  'envelope'?: (_gossipraft_Envelope | null);
}

export interface RequestVoteRequest__Output {
  'envelope': (_gossipraft_Envelope__Output | null);
}
