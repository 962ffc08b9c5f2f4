// Original file: proto/gossip.proto

import type { Long } from '@grpc/proto-loader';

export interface DigestEntry {
  'owner'?: (string);
  'incarnation'?: (number | string | Long);
  'sequence'?: (number | string | Long);
}

export interface DigestEntry__Output {
  'owner': (string);
  'incarnation': (number);
  'sequence': (number);
}
