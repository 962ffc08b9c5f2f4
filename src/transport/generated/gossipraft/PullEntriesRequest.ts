// Original file: proto/server.proto

import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from '../gossipraft/Envelope.ts';
import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Long } from '@grpc/proto-loader';

export interface PullEntriesRequest {
  'envelope'?: (_gossipraft_Envelope | null);
  'pullId'?: (number | string | Long);
  'prev'?: (_gossipraft_Position | null);
  'logGeneration'?: (number | string | Long);
  'consumedBytes'?: (number | string | Long);
  'windowBytes'?: (number | string | Long);
}

export interface PullEntriesRequest__Output {
  'envelope': (_gossipraft_Envelope__Output | null);
  'pullId': (number);
  'prev': (_gossipraft_Position__Output | null);
  'logGeneration': (number);
  'consumedBytes': (number);
  'windowBytes': (number);
}
