// Original file: proto/server.proto

import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Long } from '@grpc/proto-loader';

export interface FetchSnapshotRequest {
  'clusterId'?: (string);
  'to'?: (string);
  'position'?: (_gossipraft_Position | null);
  'offset'?: (number | string | Long);
  'afterSeq'?: (number | string | Long);
}

export interface FetchSnapshotRequest__Output {
  'clusterId': (string);
  'to': (string);
  'position': (_gossipraft_Position__Output | null);
  'offset': (number);
  'afterSeq': (number);
}
