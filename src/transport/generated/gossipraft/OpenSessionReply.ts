// Original file: proto/client.proto

import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { Long } from '@grpc/proto-loader';

export interface OpenSessionReply {
  'sessionId'?: (number | string | Long);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "sessionId"|"refused";
}

export interface OpenSessionReply__Output {
  'sessionId'?: (number);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "sessionId"|"refused";
}
