// Original file: proto/client.proto

import type { Refusal as _gossipraft_Refusal, Refusal__Output as _gossipraft_Refusal__Output } from '../gossipraft/Refusal.ts';

export interface Refused {
  'reason'?: (_gossipraft_Refusal);
  'leader'?: (string);
  'retryAfterMs'?: (number);
  'detail'?: (string);
  'clusterId'?: (string);
  'transactions'?: (number)[];
  '_leader'?: "leader";
  '_clusterId'?: "clusterId";
}

export interface Refused__Output {
  'reason': (_gossipraft_Refusal__Output);
  'leader'?: (string);
  'retryAfterMs': (number);
  'detail': (string);
  'clusterId'?: (string);
  'transactions': (number)[];
  '_leader'?: "leader";
  '_clusterId'?: "clusterId";
}
