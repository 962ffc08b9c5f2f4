// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface BackupRange {
  'fromSeq'?: (number | string | Long);
  'throughSeq'?: (number | string | Long);
  'appliedIndex'?: (number | string | Long);
}

export interface BackupRange__Output {
  'fromSeq': (number);
  'throughSeq': (number);
  'appliedIndex': (number);
}
