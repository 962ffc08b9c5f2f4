// Original file: proto/gossip.proto

import type { Long } from '@grpc/proto-loader';

export interface Piece {
  'offset'?: (number | string | Long);
  'totalBytes'?: (number | string | Long);
}

export interface Piece__Output {
  'offset': (number);
  'totalBytes': (number);
}
