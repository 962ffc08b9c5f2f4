// Original file: proto/client.proto

import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from '../gossipraft/Refused.ts';
import type { JournalEntry as _gossipraft_JournalEntry, JournalEntry__Output as _gossipraft_JournalEntry__Output } from '../gossipraft/JournalEntry.ts';
import type { ServerView as _gossipraft_ServerView, ServerView__Output as _gossipraft_ServerView__Output } from '../gossipraft/ServerView.ts';
import type { Long } from '@grpc/proto-loader';

export interface _gossipraft_ReadEntriesReply_Page {
  'entries'?: (_gossipraft_JournalEntry)[];
  'lastSeq'?: (number | string | Long);
  'view'?: (_gossipraft_ServerView | null);
  'firstKept'?: (number | string | Long);
}

export interface _gossipraft_ReadEntriesReply_Page__Output {
  'entries': (_gossipraft_JournalEntry__Output)[];
  'lastSeq': (number);
  'view': (_gossipraft_ServerView__Output | null);
  'firstKept': (number);
}

export interface ReadEntriesReply {
  'page'?: (_gossipraft_ReadEntriesReply_Page | null);
  'refused'?: (_gossipraft_Refused | null);
  'reply'?: "page"|"refused";
}

export interface ReadEntriesReply__Output {
  'page'?: (_gossipraft_ReadEntriesReply_Page__Output | null);
  'refused'?: (_gossipraft_Refused__Output | null);
  'reply'?: "page"|"refused";
}
