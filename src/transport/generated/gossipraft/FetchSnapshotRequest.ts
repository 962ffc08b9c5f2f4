// Original file: proto/server.proto

import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from '../gossipraft/Envelope.ts';
import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Long } from '@grpc/proto-loader';

export interface FetchSnapshotRequest {
  'envelope'?: (_gossipraft_Envelope | null);
  'position'?: (_gossipraft_Position | null);
  'offset'?: (number | string | Long);
  'afterSeq'?: (number | string | Long);
  'throughSeq'?: (number | string | Long);
}

export interface FetchSnapshotRequest__Output {
  'envelope': (_gossipraft_Envelope__Output | null);
  'position': (_gossipraft_Position__Output | null);
  'offset': (number);
  'afterSeq': (number);
  'throughSeq': (number);
}
