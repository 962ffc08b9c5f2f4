// Original file: proto/client.proto

import type { Piece as _gossipraft_Piece, Piece__Output as _gossipraft_Piece__Output } from '../gossipraft/Piece.ts';
import type { Long } from '@grpc/proto-loader';

export interface PutEntriesRequest {
  'clusterId'?: (string);
  'requestId'?: (number | string | Long);
  'commands'?: (Buffer | Uint8Array | string)[];
  'piece'?: (_gossipraft_Piece | null);
  'clusterName'?: (string);
}

export interface PutEntriesRequest__Output {
  'clusterId': (string);
  'requestId': (number);
  'commands': (Buffer)[];
  'piece': (_gossipraft_Piece__Output | null);
  'clusterName': (string);
}
