// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface ServerView {
  'server'?: (string);
  'term'?: (number | string | Long);
  'leader'?: (string);
  'appliedIndex'?: (number | string | Long);
  'knownCommitIndex'?: (number | string | Long);
  '_leader'?: "leader";
}

export interface ServerView__Output {
  'server': (string);
  'term': (number);
  'leader'?: (string);
  'appliedIndex': (number);
  'knownCommitIndex': (number);
  '_leader'?: "leader";
}
