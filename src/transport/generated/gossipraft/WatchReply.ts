// Original file: proto/client.proto

import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { Long } from '@grpc/proto-loader';

export interface WatchReply {
  'changes'?: (Buffer | Uint8Array | string)[];
  'through'?: (number | string | Long);
  'ended'?: (_gossipraft_Refused | null);
}

export interface WatchReply__Output {
  'changes': (Buffer)[];
  'through': (number);
  'ended': (_gossipraft_Refused__Output | null);
}
