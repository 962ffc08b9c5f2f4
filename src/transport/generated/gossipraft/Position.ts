// Original file: proto/gossip.proto

import type { Long } from '@grpc/proto-loader';

export interface Position {
  'term'?: (number | string | Long);
  'index'?: (number | string | Long);
}

export interface Position__Output {
  'term': (number);
  'index': (number);
}
