// Original file: proto/client.proto

import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Long } from '@grpc/proto-loader';

export interface _gossipraft_ReadBatchReply_Found {
  'firstSeq'?: (number | string | Long);
  'count'?: (number | string | Long);
  'position'?: (_gossipraft_Position | null);
}

export interface _gossipraft_ReadBatchReply_Found__Output {
  'firstSeq': (number);
  'count': (number);
  'position': (_gossipraft_Position__Output | null);
}

export interface _gossipraft_ReadBatchReply_NotFound {
  'appliedIndex'?: (number | string | Long);
  'rememberedCount'?: (number | string | Long);
}

export interface _gossipraft_ReadBatchReply_NotFound__Output {
  'appliedIndex': (number);
  'rememberedCount': (number);
}

export interface ReadBatchReply {
  'found'?: (_gossipraft_ReadBatchReply_Found | null);
  'notFound'?: (_gossipraft_ReadBatchReply_NotFound | null);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "found"|"notFound"|"refused";
}

export interface ReadBatchReply__Output {
  'found'?: (_gossipraft_ReadBatchReply_Found__Output | null);
  'notFound'?: (_gossipraft_ReadBatchReply_NotFound__Output | null);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "found"|"notFound"|"refused";
}
