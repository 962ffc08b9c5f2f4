// Original file: proto/server.proto

import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from '../gossipraft/Envelope.ts';
import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';

export interface HeartbeatReply {
  'envelope'?: (_gossipraft_Envelope | null);
  'probeMs'?: (number | string);
  'staleMs'?: (number | string);
  'upTo'?: (_gossipraft_Position | null);
  '_staleMs'?: "staleMs";
}

export interface HeartbeatReply__Output {
  'envelope': (_gossipraft_Envelope__Output | null);
  'probeMs': (number);
  'staleMs'?: (number);
  'upTo': (_gossipraft_Position__Output | null);
  '_staleMs'?: "staleMs";
}
