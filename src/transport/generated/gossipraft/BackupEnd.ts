// Original file: proto/client.proto

import type { BackupTotals as _gossipraft_BackupTotals, BackupTotals__Output as _gossipraft_BackupTotals__Output } from '../gossipraft/BackupTotals.ts';

export interface BackupEnd {
  'totals'?: (_gossipraft_BackupTotals | null);
  'gap'?: (string);
}

export interface BackupEnd__Output {
  'totals': (_gossipraft_BackupTotals__Output | null);
  'gap': (string);
}
