// Original file: proto/client.proto

import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { Long } from '@grpc/proto-loader';

export interface PutEntriesReply {
  'requestId'?: (number | string | Long);
  'accepted'?: (_gossipraft_Position | null);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "accepted"|"refused";
}

export interface PutEntriesReply__Output {
  'requestId': (number);
  'accepted'?: (_gossipraft_Position__Output | null);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "accepted"|"refused";
}
