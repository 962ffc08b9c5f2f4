// Original file: proto/client.proto

import type { MemberChange as _gossipraft_MemberChange, MemberChange__Output as _gossipraft_MemberChange__Output } from '../gossipraft/MemberChange.ts';

export interface ChangeMembersRequest {
  'clusterId'?: (string);
  'changes'?: (_gossipraft_MemberChange)[];
  'clusterName'?: (string);
}

export interface ChangeMembersRequest__Output {
  'clusterId': (string);
  'changes': (_gossipraft_MemberChange__Output)[];
  'clusterName': (string);
}
