// Original file: proto/client.proto

import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { ServerView as _gossipraft_ServerView, ServerView__Output as _gossipraft_ServerView__Output } from '../gossipraft/ServerView.ts';
import type { Consistency as _gossipraft_Consistency, Consistency__Output as _gossipraft_Consistency__Output } from '../gossipraft/Consistency.ts';

export interface _gossipraft_QueryReply_Answer {
  'fields'?: (Buffer | Uint8Array | string);
  'view'?: (_gossipraft_ServerView | null);
  'consistency'?: (_gossipraft_Consistency);
  'leaseRemainingMs'?: (number | string);
  'staleMs'?: (number | string);
  '_leaseRemainingMs'?: "leaseRemainingMs";
  '_staleMs'?: "staleMs";
}

export interface _gossipraft_QueryReply_Answer__Output {
  'fields': (Buffer);
  'view': (_gossipraft_ServerView__Output | null);
  'consistency': (_gossipraft_Consistency__Output);
  'leaseRemainingMs'?: (number);
  'staleMs'?: (number);
  '_leaseRemainingMs'?: "leaseRemainingMs";
  '_staleMs'?: "staleMs";
}

export interface QueryReply {
  'answer'?: (_gossipraft_QueryReply_Answer | null);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "answer"|"refused";
}

export interface QueryReply__Output {
  'answer'?: (_gossipraft_QueryReply_Answer__Output | null);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "answer"|"refused";
}
