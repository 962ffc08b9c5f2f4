// Original file: proto/client.proto

import type { KeyChange as _gossipraft_KeyChange, KeyChange__Output as _gossipraft_KeyChange__Output } from '../gossipraft/KeyChange.ts';
import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { Long } from '@grpc/proto-loader';

export interface WatchKeysReply {
  'changes'?: (_gossipraft_KeyChange)[];
  'through'?: (number | string | Long);
  'ended'?: (_gossipraft_Refused | null);
}

export interface WatchKeysReply__Output {
  'changes': (_gossipraft_KeyChange__Output)[];
  'through': (number);
  'ended': (_gossipraft_Refused__Output | null);
}
