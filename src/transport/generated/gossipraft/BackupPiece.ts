// Original file: proto/client.proto

import type { BackupKind as _gossipraft_BackupKind, BackupKind__Output as _gossipraft_BackupKind__Output } from '../gossipraft/BackupKind.ts';
import type { Long } from '@grpc/proto-loader';

export interface BackupPiece {
  'kind'?: (_gossipraft_BackupKind);
  'item'?: (number | string | Long);
  'offset'?: (number | string | Long);
  'sizeBytes'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
}

export interface BackupPiece__Output {
  'kind': (_gossipraft_BackupKind__Output);
  'item': (number);
  'offset': (number);
  'sizeBytes': (number);
  'data': (Buffer);
}
