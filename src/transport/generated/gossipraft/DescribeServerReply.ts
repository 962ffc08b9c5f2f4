// Original file: proto/client.proto

import type { Description as _gossipraft_Description, Description__Output as _gossipraft_Description__Output } from '../gossipraft/Description.ts';
import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';

export interface DescribeServerReply {
  'description'?: (_gossipraft_Description | null);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "description"|"refused";
}

export interface DescribeServerReply__Output {
  'description'?: (_gossipraft_Description__Output | null);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "description"|"refused";
}
