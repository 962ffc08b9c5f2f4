// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface PutEntriesRequest {
  'clusterId'?: (string);
  'requestId'?: (number | string | Long);
  'commands'?: (Buffer | Uint8Array | string)[];
  'clusterName'?: (string);
}

export interface PutEntriesRequest__Output {
  'clusterId': (string);
  'requestId': (number);
  'commands': (Buffer)[];
  'clusterName': (string);
}
