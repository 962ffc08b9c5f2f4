// Original file: proto/server.proto

import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from '../gossipraft/Envelope.ts';

export interface UpdatePositionReply {
  'envelope'?: (_gossipraft_Envelope | null);
}

export interface UpdatePositionReply__Output {
  'envelope': (_gossipraft_Envelope__Output | null);
}
