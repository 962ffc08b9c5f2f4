// Original file: proto/client.proto

import type { Ack as _gossipraft_Ack, Ack__Output as _gossipraft_Ack__Output } from '../gossipraft/Ack.ts';
import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';

export interface AckEntriesReply {
  'acks'?: (_gossipraft_Ack)[];
  'ended'?: (_gossipraft_Refused | null);
}

export interface AckEntriesReply__Output {
  'acks': (_gossipraft_Ack__Output)[];
  'ended': (_gossipraft_Refused__Output | null);
}
