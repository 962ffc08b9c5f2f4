// Original file: proto/gossip.proto

import type { ConfigId as _gossipraft_ConfigId, ConfigId__Output as _gossipraft_ConfigId__Output } from '../gossipraft/ConfigId.ts';
import type { Member as _gossipraft_Member, Member__Output as _gossipraft_Member__Output } from '../gossipraft/Member.ts';

export interface Config {
  'id'?: (_gossipraft_ConfigId | null);
  'members'?: (_gossipraft_Member)[];
  'clusterId'?: (string);
  '_clusterId'?: "clusterId";
}

export interface Config__Output {
  'id': (_gossipraft_ConfigId__Output | null);
  'members': (_gossipraft_Member__Output)[];
  'clusterId'?: (string);
  '_clusterId'?: "clusterId";
}
