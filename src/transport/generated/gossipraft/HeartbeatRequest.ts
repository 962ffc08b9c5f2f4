// Original file: proto/server.proto

import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from '../gossipraft/Envelope.ts';

export interface HeartbeatRequest {
  'envelope'?: (_gossipraft_Envelope | null);
  'probeMs'?: (number | string);
}

export interface HeartbeatRequest__Output {
  'envelope': (_gossipraft_Envelope__Output | null);
  'probeMs': (number);
}
