// Original file: proto/server.proto

import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Long } from '@grpc/proto-loader';

export interface SnapshotHeader {
  'position'?: (_gossipraft_Position | null);
  'sizeBytes'?: (number | string | Long);
  'offset'?: (number | string | Long);
}

export interface SnapshotHeader__Output {
  'position': (_gossipraft_Position__Output | null);
  'sizeBytes': (number);
  'offset': (number);
}
