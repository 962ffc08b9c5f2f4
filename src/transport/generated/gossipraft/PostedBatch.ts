// Original file: proto/gossip.proto

import type { Long } from '@grpc/proto-loader';

export interface PostedBatch {
  'index'?: (number | string | Long);
  'term'?: (number | string | Long);
  'wallMs'?: (number | string | Long);
  'firstSeq'?: (number | string | Long);
  'count'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
}

export interface PostedBatch__Output {
  'index': (number);
  'term': (number);
  'wallMs': (number);
  'firstSeq': (number);
  'count': (number);
  'data': (Buffer);
}
