// Original file: proto/client.proto

import type { BackupRange as _gossipraft_BackupRange, BackupRange__Output as _gossipraft_BackupRange__Output } from '../gossipraft/BackupRange.ts';

export interface BackupRequest {
  'clusterId'?: (string);
  'range'?: (_gossipraft_BackupRange | null);
  'clusterName'?: (string);
}

export interface BackupRequest__Output {
  'clusterId': (string);
  'range': (_gossipraft_BackupRange__Output | null);
  'clusterName': (string);
}
