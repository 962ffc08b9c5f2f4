// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface JournalEntry {
  'seq'?: (number | string | Long);
  'term'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
}

export interface JournalEntry__Output {
  'seq': (number);
  'term': (number);
  'data': (Buffer);
}
