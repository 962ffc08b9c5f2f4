// Original file: proto/server.proto

import type { EntryKind as _gossipraft_EntryKind, EntryKind__Output as _gossipraft_EntryKind__Output } from '../gossipraft/EntryKind.ts';
import type { Long } from '@grpc/proto-loader';

export interface Entry {
  'index'?: (number | string | Long);
  'term'?: (number | string | Long);
  'wallMs'?: (number | string | Long);
  'kind'?: (_gossipraft_EntryKind);
  'payload'?: (Buffer | Uint8Array | string);
}

export interface Entry__Output {
  'index': (number);
  'term': (number);
  'wallMs': (number);
  'kind': (_gossipraft_EntryKind__Output);
  'payload': (Buffer);
}
