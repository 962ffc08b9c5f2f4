import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Ack as _gossipraft_Ack, Ack__Output as _gossipraft_Ack__Output } from './gossipraft/Ack.ts';
import type { AckEntriesReply as _gossipraft_AckEntriesReply, AckEntriesReply__Output as _gossipraft_AckEntriesReply__Output } from './gossipraft/AckEntriesReply.ts';
import type { AckEntriesRequest as _gossipraft_AckEntriesRequest, AckEntriesRequest__Output as _gossipraft_AckEntriesRequest__Output } from './gossipraft/AckEntriesRequest.ts';
import type { BackupEnd as _gossipraft_BackupEnd, BackupEnd__Output as _gossipraft_BackupEnd__Output } from './gossipraft/BackupEnd.ts';
import type { BackupHeader as _gossipraft_BackupHeader, BackupHeader__Output as _gossipraft_BackupHeader__Output } from './gossipraft/BackupHeader.ts';
import type { BackupPiece as _gossipraft_BackupPiece, BackupPiece__Output as _gossipraft_BackupPiece__Output } from './gossipraft/BackupPiece.ts';
import type { BackupRange as _gossipraft_BackupRange, BackupRange__Output as _gossipraft_BackupRange__Output } from './gossipraft/BackupRange.ts';
import type { BackupReply as _gossipraft_BackupReply, BackupReply__Output as _gossipraft_BackupReply__Output } from './gossipraft/BackupReply.ts';
import type { BackupRequest as _gossipraft_BackupRequest, BackupRequest__Output as _gossipraft_BackupRequest__Output } from './gossipraft/BackupRequest.ts';
import type { BackupTotals as _gossipraft_BackupTotals, BackupTotals__Output as _gossipraft_BackupTotals__Output } from './gossipraft/BackupTotals.ts';
import type { ChangeMembersReply as _gossipraft_ChangeMembersReply, ChangeMembersReply__Output as _gossipraft_ChangeMembersReply__Output } from './gossipraft/ChangeMembersReply.ts';
import type { ChangeMembersRequest as _gossipraft_ChangeMembersRequest, ChangeMembersRequest__Output as _gossipraft_ChangeMembersRequest__Output } from './gossipraft/ChangeMembersRequest.ts';
import type { ClientToServerClient as _gossipraft_ClientToServerClient, ClientToServerDefinition as _gossipraft_ClientToServerDefinition } from './gossipraft/ClientToServer.ts';
import type { Config as _gossipraft_Config, Config__Output as _gossipraft_Config__Output } from './gossipraft/Config.ts';
import type { ConfigId as _gossipraft_ConfigId, ConfigId__Output as _gossipraft_ConfigId__Output } from './gossipraft/ConfigId.ts';
import type { Counters as _gossipraft_Counters, Counters__Output as _gossipraft_Counters__Output } from './gossipraft/Counters.ts';
import type { DescribeServerReply as _gossipraft_DescribeServerReply, DescribeServerReply__Output as _gossipraft_DescribeServerReply__Output } from './gossipraft/DescribeServerReply.ts';
import type { DescribeServerRequest as _gossipraft_DescribeServerRequest, DescribeServerRequest__Output as _gossipraft_DescribeServerRequest__Output } from './gossipraft/DescribeServerRequest.ts';
import type { Description as _gossipraft_Description, Description__Output as _gossipraft_Description__Output } from './gossipraft/Description.ts';
import type { DigestEntry as _gossipraft_DigestEntry, DigestEntry__Output as _gossipraft_DigestEntry__Output } from './gossipraft/DigestEntry.ts';
import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from './gossipraft/Envelope.ts';
import type { Fact as _gossipraft_Fact, Fact__Output as _gossipraft_Fact__Output } from './gossipraft/Fact.ts';
import type { Foreigner as _gossipraft_Foreigner, Foreigner__Output as _gossipraft_Foreigner__Output } from './gossipraft/Foreigner.ts';
import type { GossipEntry as _gossipraft_GossipEntry, GossipEntry__Output as _gossipraft_GossipEntry__Output } from './gossipraft/GossipEntry.ts';
import type { Member as _gossipraft_Member, Member__Output as _gossipraft_Member__Output } from './gossipraft/Member.ts';
import type { MemberChange as _gossipraft_MemberChange, MemberChange__Output as _gossipraft_MemberChange__Output } from './gossipraft/MemberChange.ts';
import type { OpenSessionReply as _gossipraft_OpenSessionReply, OpenSessionReply__Output as _gossipraft_OpenSessionReply__Output } from './gossipraft/OpenSessionReply.ts';
import type { OpenSessionRequest as _gossipraft_OpenSessionRequest, OpenSessionRequest__Output as _gossipraft_OpenSessionRequest__Output } from './gossipraft/OpenSessionRequest.ts';
import type { Piece as _gossipraft_Piece, Piece__Output as _gossipraft_Piece__Output } from './gossipraft/Piece.ts';
import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from './gossipraft/Position.ts';
import type { PostedBatch as _gossipraft_PostedBatch, PostedBatch__Output as _gossipraft_PostedBatch__Output } from './gossipraft/PostedBatch.ts';
import type { PutEntriesReply as _gossipraft_PutEntriesReply, PutEntriesReply__Output as _gossipraft_PutEntriesReply__Output } from './gossipraft/PutEntriesReply.ts';
import type { PutEntriesRequest as _gossipraft_PutEntriesRequest, PutEntriesRequest__Output as _gossipraft_PutEntriesRequest__Output } from './gossipraft/PutEntriesRequest.ts';
import type { QueryReply as _gossipraft_QueryReply, QueryReply__Output as _gossipraft_QueryReply__Output } from './gossipraft/QueryReply.ts';
import type { QueryRequest as _gossipraft_QueryRequest, QueryRequest__Output as _gossipraft_QueryRequest__Output } from './gossipraft/QueryRequest.ts';
import type { Refused as _gossipraft_Refused, Refused__Output as _gossipraft_Refused__Output } from './gossipraft/Refused.ts';
import type { Round as _gossipraft_Round, Round__Output as _gossipraft_Round__Output } from './gossipraft/Round.ts';
import type { ServerView as _gossipraft_ServerView, ServerView__Output as _gossipraft_ServerView__Output } from './gossipraft/ServerView.ts';
import type { Timing as _gossipraft_Timing, Timing__Output as _gossipraft_Timing__Output } from './gossipraft/Timing.ts';
import type { TransferLeadershipReply as _gossipraft_TransferLeadershipReply, TransferLeadershipReply__Output as _gossipraft_TransferLeadershipReply__Output } from './gossipraft/TransferLeadershipReply.ts';
import type { TransferLeadershipRequest as _gossipraft_TransferLeadershipRequest, TransferLeadershipRequest__Output as _gossipraft_TransferLeadershipRequest__Output } from './gossipraft/TransferLeadershipRequest.ts';
import type { WatchReply as _gossipraft_WatchReply, WatchReply__Output as _gossipraft_WatchReply__Output } from './gossipraft/WatchReply.ts';
import type { WatchRequest as _gossipraft_WatchRequest, WatchRequest__Output as _gossipraft_WatchRequest__Output } from './gossipraft/WatchRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  gossipraft: {
    Ack: MessageTypeDefinition<_gossipraft_Ack, _gossipraft_Ack__Output>
    AckEntriesReply: MessageTypeDefinition<_gossipraft_AckEntriesReply, _gossipraft_AckEntriesReply__Output>
    AckEntriesRequest: MessageTypeDefinition<_gossipraft_AckEntriesRequest, _gossipraft_AckEntriesRequest__Output>
    BackupEnd: MessageTypeDefinition<_gossipraft_BackupEnd, _gossipraft_BackupEnd__Output>
    BackupHeader: MessageTypeDefinition<_gossipraft_BackupHeader, _gossipraft_BackupHeader__Output>
    BackupKind: EnumTypeDefinition
    BackupPiece: MessageTypeDefinition<_gossipraft_BackupPiece, _gossipraft_BackupPiece__Output>
    BackupRange: MessageTypeDefinition<_gossipraft_BackupRange, _gossipraft_BackupRange__Output>
    BackupReply: MessageTypeDefinition<_gossipraft_BackupReply, _gossipraft_BackupReply__Output>
    BackupRequest: MessageTypeDefinition<_gossipraft_BackupRequest, _gossipraft_BackupRequest__Output>
    BackupTotals: MessageTypeDefinition<_gossipraft_BackupTotals, _gossipraft_BackupTotals__Output>
    ChangeMembersReply: MessageTypeDefinition<_gossipraft_ChangeMembersReply, _gossipraft_ChangeMembersReply__Output>
    ChangeMembersRequest: MessageTypeDefinition<_gossipraft_ChangeMembersRequest, _gossipraft_ChangeMembersRequest__Output>
    ClientToServer: SubtypeConstructor<typeof grpc.Client, _gossipraft_ClientToServerClient> & { service: _gossipraft_ClientToServerDefinition }
    Config: MessageTypeDefinition<_gossipraft_Config, _gossipraft_Config__Output>
    ConfigId: MessageTypeDefinition<_gossipraft_ConfigId, _gossipraft_ConfigId__Output>
    Consistency: EnumTypeDefinition
    Counters: MessageTypeDefinition<_gossipraft_Counters, _gossipraft_Counters__Output>
    DescribeServerReply: MessageTypeDefinition<_gossipraft_DescribeServerReply, _gossipraft_DescribeServerReply__Output>
    DescribeServerRequest: MessageTypeDefinition<_gossipraft_DescribeServerRequest, _gossipraft_DescribeServerRequest__Output>
    Description: MessageTypeDefinition<_gossipraft_Description, _gossipraft_Description__Output>
    DigestEntry: MessageTypeDefinition<_gossipraft_DigestEntry, _gossipraft_DigestEntry__Output>
    Envelope: MessageTypeDefinition<_gossipraft_Envelope, _gossipraft_Envelope__Output>
    Fact: MessageTypeDefinition<_gossipraft_Fact, _gossipraft_Fact__Output>
    Foreigner: MessageTypeDefinition<_gossipraft_Foreigner, _gossipraft_Foreigner__Output>
    GossipEntry: MessageTypeDefinition<_gossipraft_GossipEntry, _gossipraft_GossipEntry__Output>
    Member: MessageTypeDefinition<_gossipraft_Member, _gossipraft_Member__Output>
    MemberChange: MessageTypeDefinition<_gossipraft_MemberChange, _gossipraft_MemberChange__Output>
    OpenSessionReply: MessageTypeDefinition<_gossipraft_OpenSessionReply, _gossipraft_OpenSessionReply__Output>
    OpenSessionRequest: MessageTypeDefinition<_gossipraft_OpenSessionRequest, _gossipraft_OpenSessionRequest__Output>
    Piece: MessageTypeDefinition<_gossipraft_Piece, _gossipraft_Piece__Output>
    Position: MessageTypeDefinition<_gossipraft_Position, _gossipraft_Position__Output>
    PostedBatch: MessageTypeDefinition<_gossipraft_PostedBatch, _gossipraft_PostedBatch__Output>
    PutEntriesReply: MessageTypeDefinition<_gossipraft_PutEntriesReply, _gossipraft_PutEntriesReply__Output>
    PutEntriesRequest: MessageTypeDefinition<_gossipraft_PutEntriesRequest, _gossipraft_PutEntriesRequest__Output>
    QueryReply: MessageTypeDefinition<_gossipraft_QueryReply, _gossipraft_QueryReply__Output>
    QueryRequest: MessageTypeDefinition<_gossipraft_QueryRequest, _gossipraft_QueryRequest__Output>
    Refusal: EnumTypeDefinition
    Refused: MessageTypeDefinition<_gossipraft_Refused, _gossipraft_Refused__Output>
    Role: EnumTypeDefinition
    Round: MessageTypeDefinition<_gossipraft_Round, _gossipraft_Round__Output>
    ServerView: MessageTypeDefinition<_gossipraft_ServerView, _gossipraft_ServerView__Output>
    Timing: MessageTypeDefinition<_gossipraft_Timing, _gossipraft_Timing__Output>
    TransferLeadershipReply: MessageTypeDefinition<_gossipraft_TransferLeadershipReply, _gossipraft_TransferLeadershipReply__Output>
    TransferLeadershipRequest: MessageTypeDefinition<_gossipraft_TransferLeadershipRequest, _gossipraft_TransferLeadershipRequest__Output>
    WatchReply: MessageTypeDefinition<_gossipraft_WatchReply, _gossipraft_WatchReply__Output>
    WatchRequest: MessageTypeDefinition<_gossipraft_WatchRequest, _gossipraft_WatchRequest__Output>
  }
}

