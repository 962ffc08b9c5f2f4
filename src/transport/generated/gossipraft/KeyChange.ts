// Original file: proto/client.proto

import type { KeyEntry as _gossipraft_KeyEntry, KeyEntry__Output as _gossipraft_KeyEntry__Output } from '../gossipraft/KeyEntry.ts';
import type { Long } from '@grpc/proto-loader';

export interface KeyChange {
  'key'?: (Buffer | Uint8Array | string);
  'revision'?: (number | string | Long);
  'entry'?: (_gossipraft_KeyEntry | null);
}

export interface KeyChange__Output {
  'key': (Buffer);
  'revision': (number);
  'entry': (_gossipraft_KeyEntry__Output | null);
}
