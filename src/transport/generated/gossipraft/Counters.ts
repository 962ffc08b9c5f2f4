// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface Counters {
  'leaseReads'?: (number | string | Long);
  'quorumReads'?: (number | string | Long);
  'boundedReads'?: (number | string | Long);
  'localReads'?: (number | string | Long);
  'refusedReads'?: (number | string | Long);
  'readRounds'?: (number | string | Long);
  'messagesSent'?: (number | string | Long);
  'idempotencyKeys'?: (number | string | Long);
  'idempotencyBytes'?: (number | string | Long);
  'idempotencyWindowMs'?: (number | string);
}

export interface Counters__Output {
  'leaseReads': (number);
  'quorumReads': (number);
  'boundedReads': (number);
  'localReads': (number);
  'refusedReads': (number);
  'readRounds': (number);
  'messagesSent': (number);
  'idempotencyKeys': (number);
  'idempotencyBytes': (number);
  'idempotencyWindowMs': (number);
}
