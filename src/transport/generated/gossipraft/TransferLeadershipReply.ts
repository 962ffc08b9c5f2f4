// Original file: proto/client.proto

import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';

export interface TransferLeadershipReply {
  'isDone'?: (boolean);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "isDone"|"refused";
}

export interface TransferLeadershipReply__Output {
  'isDone'?: (boolean);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "isDone"|"refused";
}
