// Original file: proto/gossip.proto

import type { Fact as _gossipraft_Fact, Fact__Output as _gossipraft_Fact__Output } from '../gossipraft/Fact.ts';

export interface GossipEntry {
  'fact'?: (_gossipraft_Fact | null);
  'ageMs'?: (number | string);
}

export interface GossipEntry__Output {
  'fact': (_gossipraft_Fact__Output | null);
  'ageMs': (number);
}
