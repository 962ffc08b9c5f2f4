// Original file: proto/gossip.proto

import type { Long } from '@grpc/proto-loader';

export interface ConfigId {
  'term'?: (number | string | Long);
  'version'?: (number | string | Long);
}

export interface ConfigId__Output {
  'term': (number);
  'version': (number);
}
