// Original file: proto/client.proto

import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';

export interface ChangeMembersReply {
  'isAccepted'?: (boolean);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "isAccepted"|"refused";
}

export interface ChangeMembersReply__Output {
  'isAccepted'?: (boolean);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "isAccepted"|"refused";
}
