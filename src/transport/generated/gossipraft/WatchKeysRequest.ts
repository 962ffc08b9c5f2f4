// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchKeysRequest {
  'clusterId'?: (string);
  'prefix'?: (Buffer | Uint8Array | string);
  'after'?: (number | string | Long);
  'clusterName'?: (string);
  '_after'?: "after";
}

export interface WatchKeysRequest__Output {
  'clusterId': (string);
  'prefix': (Buffer);
  'after'?: (number);
  'clusterName': (string);
  '_after'?: "after";
}
