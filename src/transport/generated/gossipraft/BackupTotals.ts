// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface BackupTotals {
  'records'?: (number | string | Long);
  'keys'?: (number | string | Long);
  'batches'?: (number | string | Long);
  'objects'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'firstSeq'?: (number | string | Long);
  'lastSeq'?: (number | string | Long);
  'checksum'?: (number);
}

export interface BackupTotals__Output {
  'records': (number);
  'keys': (number);
  'batches': (number);
  'objects': (number);
  'bytes': (number);
  'firstSeq': (number);
  'lastSeq': (number);
  'checksum': (number);
}
