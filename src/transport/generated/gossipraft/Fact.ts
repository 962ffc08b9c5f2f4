// Original file: proto/gossip.proto

import type { Role as _gossipraft_Role, Role__Output as _gossipraft_Role__Output } from '../gossipraft/Role.ts';
import type { Round as _gossipraft_Round, Round__Output as _gossipraft_Round__Output } from '../gossipraft/Round.ts';
import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { ConfigId as _gossipraft_ConfigId, ConfigId__Output as _gossipraft_ConfigId__Output } from '../gossipraft/ConfigId.ts';
import type { Timing as _gossipraft_Timing, Timing__Output as _gossipraft_Timing__Output } from '../gossipraft/Timing.ts';
import type { Long } from '@grpc/proto-loader';

export interface Fact {
  'owner'?: (string);
  'directoryId'?: (string);
  'incarnation'?: (number | string | Long);
  'sequence'?: (number | string | Long);
  'term'?: (number | string | Long);
  'role'?: (_gossipraft_Role);
  'leader'?: (string);
  'vote'?: (string);
  'support'?: (string);
  'seen'?: (_gossipraft_Round | null);
  'seenAgeMs'?: (number | string);
  'durable'?: (_gossipraft_Position | null);
  'last'?: (_gossipraft_Position | null);
  'commit'?: (_gossipraft_Position | null);
  'applied'?: (number | string | Long);
  'firstIndex'?: (number | string | Long);
  'logGeneration'?: (number | string | Long);
  'configId'?: (_gossipraft_ConfigId | null);
  'source'?: (string);
  'depth'?: (number);
  'childCount'?: (number);
  'isDiskStalled'?: (boolean);
  'sponsor'?: (string);
  'membersHash'?: (string);
  'olderLeaseMs'?: (number | string);
  'heir'?: (string);
  'isHeir'?: (boolean);
  'seenLeaseMs'?: (number | string);
  'timing'?: (_gossipraft_Timing | null);
  'isRecovering'?: (boolean);
  '_leader'?: "leader";
  '_vote'?: "vote";
  '_support'?: "support";
  '_source'?: "source";
  '_sponsor'?: "sponsor";
  '_membersHash'?: "membersHash";
  '_heir'?: "heir";
}

export interface Fact__Output {
  'owner': (string);
  'directoryId': (string);
  'incarnation': (number);
  'sequence': (number);
  'term': (number);
  'role': (_gossipraft_Role__Output);
  'leader'?: (string);
  'vote'?: (string);
  'support'?: (string);
  'seen': (_gossipraft_Round__Output | null);
  'seenAgeMs': (number);
  'durable': (_gossipraft_Position__Output | null);
  'last': (_gossipraft_Position__Output | null);
  'commit': (_gossipraft_Position__Output | null);
  'applied': (number);
  'firstIndex': (number);
  'logGeneration': (number);
  'configId': (_gossipraft_ConfigId__Output | null);
  'source'?: (string);
  'depth': (number);
  'childCount': (number);
  'isDiskStalled': (boolean);
  'sponsor'?: (string);
  'membersHash'?: (string);
  'olderLeaseMs': (number);
  'heir'?: (string);
  'isHeir': (boolean);
  'seenLeaseMs': (number);
  'timing': (_gossipraft_Timing__Output | null);
  'isRecovering': (boolean);
  '_leader'?: "leader";
  '_vote'?: "vote";
  '_support'?: "support";
  '_source'?: "source";
  '_sponsor'?: "sponsor";
  '_membersHash'?: "membersHash";
  '_heir'?: "heir";
}
