// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface AckEntriesRequest {
  'clusterId'?: (string);
  'sessionId'?: (number | string | Long);
  'clusterName'?: (string);
}

export interface AckEntriesRequest__Output {
  'clusterId': (string);
  'sessionId': (number);
  'clusterName': (string);
}
