// Original file: proto/gossip.proto

import type { GossipEntry as _gossipraft_GossipEntry, GossipEntry__Output as _gossipraft_GossipEntry__Output } from '../gossipraft/GossipEntry.ts';
import type { DigestEntry as _gossipraft_DigestEntry, DigestEntry__Output as _gossipraft_DigestEntry__Output } from '../gossipraft/DigestEntry.ts';
import type { Config as _gossipraft_Config, Config__Output as _gossipraft_Config__Output } from '../gossipraft/Config.ts';
import type { Long } from '@grpc/proto-loader';

export interface Envelope {
  'clusterId'?: (string);
  'from'?: (string);
  'fromDirectoryId'?: (string);
  'to'?: (string);
  'term'?: (number | string | Long);
  'facts'?: (_gossipraft_GossipEntry)[];
  'digest'?: (_gossipraft_DigestEntry)[];
  'hasDigest'?: (boolean);
  'config'?: (_gossipraft_Config | null);
  'clusterName'?: (string);
  '_clusterId'?: "clusterId";
}

export interface Envelope__Output {
  'clusterId'?: (string);
  'from': (string);
  'fromDirectoryId': (string);
  'to': (string);
  'term': (number);
  'facts': (_gossipraft_GossipEntry__Output)[];
  'digest': (_gossipraft_DigestEntry__Output)[];
  'hasDigest': (boolean);
  'config': (_gossipraft_Config__Output | null);
  'clusterName': (string);
  '_clusterId'?: "clusterId";
}
