// Original file: proto/client.proto

import type { Consistency as _gossipraft_Consistency, Consistency__Output as _gossipraft_Consistency__Output } from '../gossipraft/Consistency.ts';
import type { Long } from '@grpc/proto-loader';

export interface QueryRequest {
  'clusterId'?: (string);
  'name'?: (string);
  'fields'?: (Buffer | Uint8Array | string);
  'consistency'?: (_gossipraft_Consistency);
  'maxStalenessMs'?: (number | string);
  'minIndex'?: (number | string | Long);
  'clusterName'?: (string);
}

export interface QueryRequest__Output {
  'clusterId': (string);
  'name': (string);
  'fields': (Buffer);
  'consistency': (_gossipraft_Consistency__Output);
  'maxStalenessMs': (number);
  'minIndex': (number);
  'clusterName': (string);
}
