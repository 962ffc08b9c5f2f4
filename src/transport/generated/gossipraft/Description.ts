// Original file: proto/client.proto

import type { Config as _gossipraft_Config, Config__Output as _gossipraft_Config__Output } from '../gossipraft/Config.ts';
import type { GossipEntry as _gossipraft_GossipEntry, GossipEntry__Output as _gossipraft_GossipEntry__Output } from '../gossipraft/GossipEntry.ts';
import type { Counters as _gossipraft_Counters, Counters__Output as _gossipraft_Counters__Output } from '../gossipraft/Counters.ts';
import type { Foreigner as _gossipraft_Foreigner, Foreigner__Output as _gossipraft_Foreigner__Output } from '../gossipraft/Foreigner.ts';
import type { Long } from '@grpc/proto-loader';

export interface Description {
  'server'?: (string);
  'leader'?: (string);
  'config'?: (_gossipraft_Config | null);
  'facts'?: (_gossipraft_GossipEntry)[];
  'connectedPeers'?: (string)[];
  'startedAtWallMs'?: (number | string | Long);
  'counters'?: (_gossipraft_Counters | null);
  'leaseRemainingMs'?: (number | string);
  'foreigners'?: (_gossipraft_Foreigner)[];
  'openChanges'?: (string)[];
  'isRecovering'?: (boolean);
  'damagedFiles'?: (string)[];
  'isDiskFull'?: (boolean);
  'version'?: (string);
  'commandLevel'?: (number | string | Long);
  '_leader'?: "leader";
}

export interface Description__Output {
  'server': (string);
  'leader'?: (string);
  'config': (_gossipraft_Config__Output | null);
  'facts': (_gossipraft_GossipEntry__Output)[];
  'connectedPeers': (string)[];
  'startedAtWallMs': (number);
  'counters': (_gossipraft_Counters__Output | null);
  'leaseRemainingMs': (number);
  'foreigners': (_gossipraft_Foreigner__Output)[];
  'openChanges': (string)[];
  'isRecovering': (boolean);
  'damagedFiles': (string)[];
  'isDiskFull': (boolean);
  'version': (string);
  'commandLevel': (number);
  '_leader'?: "leader";
}
