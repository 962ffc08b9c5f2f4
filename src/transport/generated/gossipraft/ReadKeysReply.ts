// Original file: proto/client.proto

import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { KeyEntry as _gossipraft_KeyEntry, KeyEntry__Output as _gossipraft_KeyEntry__Output } from '../gossipraft/KeyEntry.ts';
import type { ServerView as _gossipraft_ServerView, ServerView__Output as _gossipraft_ServerView__Output } from '../gossipraft/ServerView.ts';
import type { Consistency as _gossipraft_Consistency, Consistency__Output as _gossipraft_Consistency__Output } from '../gossipraft/Consistency.ts';
import type { Long } from '@grpc/proto-loader';

export interface _gossipraft_ReadKeysReply_Page {
  'entries'?: (_gossipraft_KeyEntry)[];
  'next'?: (Buffer | Uint8Array | string);
  'revision'?: (number | string | Long);
  'view'?: (_gossipraft_ServerView | null);
  'consistency'?: (_gossipraft_Consistency);
  'leaseRemainingMs'?: (number | string);
  'staleMs'?: (number | string);
  '_next'?: "next";
  '_leaseRemainingMs'?: "leaseRemainingMs";
  '_staleMs'?: "staleMs";
}

export interface _gossipraft_ReadKeysReply_Page__Output {
  'entries': (_gossipraft_KeyEntry__Output)[];
  'next'?: (Buffer);
  'revision': (number);
  'view': (_gossipraft_ServerView__Output | null);
  'consistency': (_gossipraft_Consistency__Output);
  'leaseRemainingMs'?: (number);
  'staleMs'?: (number);
  '_next'?: "next";
  '_leaseRemainingMs'?: "leaseRemainingMs";
  '_staleMs'?: "staleMs";
}

export interface ReadKeysReply {
  'page'?: (_gossipraft_ReadKeysReply_Page | null);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "page"|"refused";
}

export interface ReadKeysReply__Output {
  'page'?: (_gossipraft_ReadKeysReply_Page__Output | null);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "page"|"refused";
}
