// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchRequest {
  'clusterId'?: (string);
  'machine'?: (string);
  'filter'?: (Buffer | Uint8Array | string);
  'after'?: (number | string | Long);
  'clusterName'?: (string);
  '_after'?: "after";
}

export interface WatchRequest__Output {
  'clusterId': (string);
  'machine': (string);
  'filter': (Buffer);
  'after'?: (number);
  'clusterName': (string);
  '_after'?: "after";
}
