// Original file: proto/server.proto

import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { PullRefusedReason as _gossipraft_PullRefusedReason, PullRefusedReason__Output as _gossipraft_PullRefusedReason__Output } from '../gossipraft/PullRefusedReason.ts';
import type { Long } from '@grpc/proto-loader';

export interface PullRefused {
  'pullId'?: (number | string | Long);
  'prev'?: (_gossipraft_Position | null);
  'logGeneration'?: (number | string | Long);
  'reason'?: (_gossipraft_PullRefusedReason);
  'sourceLast'?: (_gossipraft_Position | null);
  'hint'?: (_gossipraft_Position | null);
}

export interface PullRefused__Output {
  'pullId': (number);
  'prev': (_gossipraft_Position__Output | null);
  'logGeneration': (number);
  'reason': (_gossipraft_PullRefusedReason__Output);
  'sourceLast': (_gossipraft_Position__Output | null);
  'hint': (_gossipraft_Position__Output | null);
}
