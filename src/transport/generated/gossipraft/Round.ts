// Original file: proto/gossip.proto

import type { Long } from '@grpc/proto-loader';

export interface Round {
  'term'?: (number | string | Long);
  'round'?: (number | string | Long);
}

export interface Round__Output {
  'term': (number);
  'round': (number);
}
