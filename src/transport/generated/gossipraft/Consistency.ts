// Original file: proto/client.proto

export const Consistency = {
  CONSISTENCY_LEASE: 'CONSISTENCY_LEASE',
  CONSISTENCY_QUORUM: 'CONSISTENCY_QUORUM',
  CONSISTENCY_BOUNDED: 'CONSISTENCY_BOUNDED',
  CONSISTENCY_LOCAL: 'CONSISTENCY_LOCAL',
} as const;

export type Consistency =
  | 'CONSISTENCY_LEASE'
  | 0
  | 'CONSISTENCY_QUORUM'
  | 1
  | 'CONSISTENCY_BOUNDED'
  | 2
  | 'CONSISTENCY_LOCAL'
  | 3

export type Consistency__Output = typeof Consistency[keyof typeof Consistency]
