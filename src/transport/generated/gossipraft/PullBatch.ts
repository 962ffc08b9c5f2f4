// Original file: proto/server.proto

import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from '../gossipraft/Position.ts';
import type { Entry as _gossipraft_Entry, Entry__Output as _gossipraft_Entry__Output } from '../gossipraft/Entry.ts';
import type { Piece as _gossipraft_Piece, Piece__Output as _gossipraft_Piece__Output } from '../gossipraft/Piece.ts';
import type { Long } from '@grpc/proto-loader';

export interface PullBatch {
  'pullId'?: (number | string | Long);
  'prev'?: (_gossipraft_Position | null);
  'entries'?: (_gossipraft_Entry)[];
  'sourceLast'?: (_gossipraft_Position | null);
  'path'?: (string)[];
  'piece'?: (_gossipraft_Piece | null);
}

export interface PullBatch__Output {
  'pullId': (number);
  'prev': (_gossipraft_Position__Output | null);
  'entries': (_gossipraft_Entry__Output)[];
  'sourceLast': (_gossipraft_Position__Output | null);
  'path': (string)[];
  'piece': (_gossipraft_Piece__Output | null);
}
