// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface Foreigner {
  'server'?: (string);
  'clusterId'?: (string);
  'address'?: (string);
  'isAnswer'?: (boolean);
  'lastMetWallMs'?: (number | string | Long);
}

export interface Foreigner__Output {
  'server': (string);
  'clusterId': (string);
  'address': (string);
  'isAnswer': (boolean);
  'lastMetWallMs': (number);
}
