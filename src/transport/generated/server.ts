import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Config as _gossipraft_Config, Config__Output as _gossipraft_Config__Output } from './gossipraft/Config.ts';
import type { ConfigId as _gossipraft_ConfigId, ConfigId__Output as _gossipraft_ConfigId__Output } from './gossipraft/ConfigId.ts';
import type { DigestEntry as _gossipraft_DigestEntry, DigestEntry__Output as _gossipraft_DigestEntry__Output } from './gossipraft/DigestEntry.ts';
import type { Entry as _gossipraft_Entry, Entry__Output as _gossipraft_Entry__Output } from './gossipraft/Entry.ts';
import type { Envelope as _gossipraft_Envelope, Envelope__Output as _gossipraft_Envelope__Output } from './gossipraft/Envelope.ts';
import type { Fact as _gossipraft_Fact, Fact__Output as _gossipraft_Fact__Output } from './gossipraft/Fact.ts';
import type { FetchSnapshotReply as _gossipraft_FetchSnapshotReply, FetchSnapshotReply__Output as _gossipraft_FetchSnapshotReply__Output } from './gossipraft/FetchSnapshotReply.ts';
import type { FetchSnapshotRequest as _gossipraft_FetchSnapshotRequest, FetchSnapshotRequest__Output as _gossipraft_FetchSnapshotRequest__Output } from './gossipraft/FetchSnapshotRequest.ts';
import type { GossipEntry as _gossipraft_GossipEntry, GossipEntry__Output as _gossipraft_GossipEntry__Output } from './gossipraft/GossipEntry.ts';
import type { HeartbeatReply as _gossipraft_HeartbeatReply, HeartbeatReply__Output as _gossipraft_HeartbeatReply__Output } from './gossipraft/HeartbeatReply.ts';
import type { HeartbeatRequest as _gossipraft_HeartbeatRequest, HeartbeatRequest__Output as _gossipraft_HeartbeatRequest__Output } from './gossipraft/HeartbeatRequest.ts';
import type { Member as _gossipraft_Member, Member__Output as _gossipraft_Member__Output } from './gossipraft/Member.ts';
import type { Piece as _gossipraft_Piece, Piece__Output as _gossipraft_Piece__Output } from './gossipraft/Piece.ts';
import type { Position as _gossipraft_Position, Position__Output as _gossipraft_Position__Output } from './gossipraft/Position.ts';
import type { PostedBatch as _gossipraft_PostedBatch, PostedBatch__Output as _gossipraft_PostedBatch__Output } from './gossipraft/PostedBatch.ts';
import type { PullBatch as _gossipraft_PullBatch, PullBatch__Output as _gossipraft_PullBatch__Output } from './gossipraft/PullBatch.ts';
import type { PullEntriesReply as _gossipraft_PullEntriesReply, PullEntriesReply__Output as _gossipraft_PullEntriesReply__Output } from './gossipraft/PullEntriesReply.ts';
import type { PullEntriesRequest as _gossipraft_PullEntriesRequest, PullEntriesRequest__Output as _gossipraft_PullEntriesRequest__Output } from './gossipraft/PullEntriesRequest.ts';
import type { PullRefused as _gossipraft_PullRefused, PullRefused__Output as _gossipraft_PullRefused__Output } from './gossipraft/PullRefused.ts';
import type { RequestVoteReply as _gossipraft_RequestVoteReply, RequestVoteReply__Output as _gossipraft_RequestVoteReply__Output } from './gossipraft/RequestVoteReply.ts';
import type { RequestVoteRequest as _gossipraft_RequestVoteRequest, RequestVoteRequest__Output as _gossipraft_RequestVoteRequest__Output } from './gossipraft/RequestVoteRequest.ts';
import type { Round as _gossipraft_Round, Round__Output as _gossipraft_Round__Output } from './gossipraft/Round.ts';
import type { ServerToServerClient as _gossipraft_ServerToServerClient, ServerToServerDefinition as _gossipraft_ServerToServerDefinition } from './gossipraft/ServerToServer.ts';
import type { SnapshotHeader as _gossipraft_SnapshotHeader, SnapshotHeader__Output as _gossipraft_SnapshotHeader__Output } from './gossipraft/SnapshotHeader.ts';
import type { Timing as _gossipraft_Timing, Timing__Output as _gossipraft_Timing__Output } from './gossipraft/Timing.ts';
import type { UpdatePositionReply as _gossipraft_UpdatePositionReply, UpdatePositionReply__Output as _gossipraft_UpdatePositionReply__Output } from './gossipraft/UpdatePositionReply.ts';
import type { UpdatePositionRequest as _gossipraft_UpdatePositionRequest, UpdatePositionRequest__Output as _gossipraft_UpdatePositionRequest__Output } from './gossipraft/UpdatePositionRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  gossipraft: {
    Config: MessageTypeDefinition<_gossipraft_Config, _gossipraft_Config__Output>
    ConfigId: MessageTypeDefinition<_gossipraft_ConfigId, _gossipraft_ConfigId__Output>
    DigestEntry: MessageTypeDefinition<_gossipraft_DigestEntry, _gossipraft_DigestEntry__Output>
    Entry: MessageTypeDefinition<_gossipraft_Entry, _gossipraft_Entry__Output>
    EntryKind: EnumTypeDefinition
    Envelope: MessageTypeDefinition<_gossipraft_Envelope, _gossipraft_Envelope__Output>
    Fact: MessageTypeDefinition<_gossipraft_Fact, _gossipraft_Fact__Output>
    FetchSnapshotReply: MessageTypeDefinition<_gossipraft_FetchSnapshotReply, _gossipraft_FetchSnapshotReply__Output>
    FetchSnapshotRequest: MessageTypeDefinition<_gossipraft_FetchSnapshotRequest, _gossipraft_FetchSnapshotRequest__Output>
    GossipEntry: MessageTypeDefinition<_gossipraft_GossipEntry, _gossipraft_GossipEntry__Output>
    HeartbeatReply: MessageTypeDefinition<_gossipraft_HeartbeatReply, _gossipraft_HeartbeatReply__Output>
    HeartbeatRequest: MessageTypeDefinition<_gossipraft_HeartbeatRequest, _gossipraft_HeartbeatRequest__Output>
    Member: MessageTypeDefinition<_gossipraft_Member, _gossipraft_Member__Output>
    Piece: MessageTypeDefinition<_gossipraft_Piece, _gossipraft_Piece__Output>
    Position: MessageTypeDefinition<_gossipraft_Position, _gossipraft_Position__Output>
    PostedBatch: MessageTypeDefinition<_gossipraft_PostedBatch, _gossipraft_PostedBatch__Output>
    PullBatch: MessageTypeDefinition<_gossipraft_PullBatch, _gossipraft_PullBatch__Output>
    PullEntriesReply: MessageTypeDefinition<_gossipraft_PullEntriesReply, _gossipraft_PullEntriesReply__Output>
    PullEntriesRequest: MessageTypeDefinition<_gossipraft_PullEntriesRequest, _gossipraft_PullEntriesRequest__Output>
    PullRefused: MessageTypeDefinition<_gossipraft_PullRefused, _gossipraft_PullRefused__Output>
    PullRefusedReason: EnumTypeDefinition
    RequestVoteReply: MessageTypeDefinition<_gossipraft_RequestVoteReply, _gossipraft_RequestVoteReply__Output>
    RequestVoteRequest: MessageTypeDefinition<_gossipraft_RequestVoteRequest, _gossipraft_RequestVoteRequest__Output>
    Role: EnumTypeDefinition
    Round: MessageTypeDefinition<_gossipraft_Round, _gossipraft_Round__Output>
    ServerToServer: SubtypeConstructor<typeof grpc.Client, _gossipraft_ServerToServerClient> & { service: _gossipraft_ServerToServerDefinition }
    SnapshotHeader: MessageTypeDefinition<_gossipraft_SnapshotHeader, _gossipraft_SnapshotHeader__Output>
    Timing: MessageTypeDefinition<_gossipraft_Timing, _gossipraft_Timing__Output>
    UpdatePositionReply: MessageTypeDefinition<_gossipraft_UpdatePositionReply, _gossipraft_UpdatePositionReply__Output>
    UpdatePositionRequest: MessageTypeDefinition<_gossipraft_UpdatePositionRequest, _gossipraft_UpdatePositionRequest__Output>
  }
}

