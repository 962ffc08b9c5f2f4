// Original file: proto/client.proto

import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Long } from '@grpc/proto-loader';

export interface BackupHeader {
  'position'?: (_gossipraft_Position | null);
  'keys'?: (number | string | Long);
  'firstSeq'?: (number | string | Long);
  'lastSeq'?: (number | string | Long);
  'clusterId'?: (string);
  '_clusterId'?: "clusterId";
}

export interface BackupHeader__Output {
  'position': (_gossipraft_Position__Output | null);
  'keys': (number);
  'firstSeq': (number);
  'lastSeq': (number);
  'clusterId'?: (string);
  '_clusterId'?: "clusterId";
}
