// Original file: proto/client.proto

import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Long } from '@grpc/proto-loader';

export interface Ack {
  'sequence'?: (number | string | Long);
  'position'?: (_gossipraft_Position | null);
  'result'?: (Buffer | Uint8Array | string);
}

export interface Ack__Output {
  'sequence': (number);
  'position': (_gossipraft_Position__Output | null);
  'result': (Buffer);
}
