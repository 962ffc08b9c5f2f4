// Original file: proto/server.proto

import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from '../gossipraft/Envelope.ts';

export interface HeartbeatReply {
  'envelope'?: (_gossipraft_Envelope | null);
  'probeMs'?: (number | string);
}

export interface HeartbeatReply__Output {
  'envelope': (_gossipraft_Envelope__Output | null);
  'probeMs': (number);
}
