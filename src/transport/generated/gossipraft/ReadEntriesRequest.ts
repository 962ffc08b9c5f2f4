// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface ReadEntriesRequest {
  'clusterId'?: (string);
  'from'?: (number | string | Long);
  'limit'?: (number);
  'isLinearizable'?: (boolean);
  'clusterName'?: (string);
}

export interface ReadEntriesRequest__Output {
  'clusterId': (string);
  'from': (number);
  'limit': (number);
  'isLinearizable': (boolean);
  'clusterName': (string);
}
