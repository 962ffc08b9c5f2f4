// Original file: proto/client.proto

import type { Consistency as _gossipraft_Consistency, Consistency__Output as _gossipraft_Consistency__Output } from '../gossipraft/Consistency.ts';
import type { Long } from '@grpc/proto-loader';

export interface ReadKeysRequest {
  'clusterId'?: (string);
  'consistency'?: (_gossipraft_Consistency);
  'maxStalenessMs'?: (number | string);
  'revision'?: (number | string | Long);
  'start'?: (Buffer | Uint8Array | string);
  'end'?: (Buffer | Uint8Array | string);
  'limit'?: (number);
  'withValues'?: (boolean);
  'clusterName'?: (string);
}

export interface ReadKeysRequest__Output {
  'clusterId': (string);
  'consistency': (_gossipraft_Consistency__Output);
  'maxStalenessMs': (number);
  'revision': (number);
  'start': (Buffer);
  'end': (Buffer);
  'limit': (number);
  'withValues': (boolean);
  'clusterName': (string);
}
