// Original file: proto/server.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { FetchSnapshotReply as _gossipraft_FetchSnapshotReply, FetchSnapshotReply__Output as _gossipraft_FetchSnapshotReply__Output } from '../gossipraft/FetchSnapshotReply.ts';
import type { FetchSnapshotRequest as _gossipraft_FetchSnapshotRequest, FetchSnapshotRequest__Output as _gossipraft_FetchSnapshotRequest__Output } from '../gossipraft/FetchSnapshotRequest.ts';
import type { HeartbeatReply as _gossipraft_HeartbeatReply, HeartbeatReply__Output as _gossipraft_HeartbeatReply__Output } from '../gossipraft/HeartbeatReply.ts';
import type { HeartbeatRequest as _gossipraft_HeartbeatRequest, HeartbeatRequest__Output as _gossipraft_HeartbeatRequest__Output } from '../gossipraft/HeartbeatRequest.ts';
import type { PullEntriesReply as _gossipraft_PullEntriesReply, PullEntriesReply__Output as _gossipraft_PullEntriesReply__Output } from '../gossipraft/PullEntriesReply.ts';
import type { PullEntriesRequest as _gossipraft_PullEntriesRequest, PullEntriesRequest__Output as _gossipraft_PullEntriesRequest__Output } from '../gossipraft/PullEntriesRequest.ts';
import type { RequestVoteReply as _gossipraft_RequestVoteReply, RequestVoteReply__Output as _gossipraft_RequestVoteReply__Output } from '../gossipraft/RequestVoteReply.ts';
import type { RequestVoteRequest as _gossipraft_RequestVoteRequest, RequestVoteRequest__Output as _gossipraft_RequestVoteRequest__Output } from '../gossipraft/RequestVoteRequest.ts';
import type { UpdatePositionReply as _gossipraft_UpdatePositionReply, UpdatePositionReply__Output as _gossipraft_UpdatePositionReply__Output } from '../gossipraft/UpdatePositionReply.ts';
import type { UpdatePositionRequest as _gossipraft_UpdatePositionRequest, UpdatePositionRequest__Output as _gossipraft_UpdatePositionRequest__Output } from '../gossipraft/UpdatePositionRequest.ts';

export interface ServerToServerClient extends grpc.Client {
  FetchSnapshot(argument: _gossipraft_FetchSnapshotRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_FetchSnapshotReply__Output>;
  FetchSnapshot(argument: _gossipraft_FetchSnapshotRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_FetchSnapshotReply__Output>;
  fetchSnapshot(argument: _gossipraft_FetchSnapshotRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_FetchSnapshotReply__Output>;
  fetchSnapshot(argument: _gossipraft_FetchSnapshotRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_FetchSnapshotReply__Output>;
  
  Heartbeat(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_HeartbeatRequest, _gossipraft_HeartbeatReply__Output>;
  Heartbeat(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_HeartbeatRequest, _gossipraft_HeartbeatReply__Output>;
  heartbeat(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_HeartbeatRequest, _gossipraft_HeartbeatReply__Output>;
  heartbeat(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_HeartbeatRequest, _gossipraft_HeartbeatReply__Output>;
  
  PullEntries(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_PullEntriesRequest, _gossipraft_PullEntriesReply__Output>;
  PullEntries(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_PullEntriesRequest, _gossipraft_PullEntriesReply__Output>;
  pullEntries(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_PullEntriesRequest, _gossipraft_PullEntriesReply__Output>;
  pullEntries(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_PullEntriesRequest, _gossipraft_PullEntriesReply__Output>;
  
  RequestVote(argument: _gossipraft_RequestVoteRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_RequestVoteReply__Output>): grpc.ClientUnaryCall;
  RequestVote(argument: _gossipraft_RequestVoteRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_RequestVoteReply__Output>): grpc.ClientUnaryCall;
  RequestVote(argument: _gossipraft_RequestVoteRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_RequestVoteReply__Output>): grpc.ClientUnaryCall;
  RequestVote(argument: _gossipraft_RequestVoteRequest, callback: grpc.requestCallback<_gossipraft_RequestVoteReply__Output>): grpc.ClientUnaryCall;
  requestVote(argument: _gossipraft_RequestVoteRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_RequestVoteReply__Output>): grpc.ClientUnaryCall;
  requestVote(argument: _gossipraft_RequestVoteRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_RequestVoteReply__Output>): grpc.ClientUnaryCall;
  requestVote(argument: _gossipraft_RequestVoteRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_RequestVoteReply__Output>): grpc.ClientUnaryCall;
  requestVote(argument: _gossipraft_RequestVoteRequest, callback: grpc.requestCallback<_gossipraft_RequestVoteReply__Output>): grpc.ClientUnaryCall;
  
  UpdatePosition(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_UpdatePositionRequest, _gossipraft_UpdatePositionReply__Output>;
  UpdatePosition(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_UpdatePositionRequest, _gossipraft_UpdatePositionReply__Output>;
  updatePosition(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_UpdatePositionRequest, _gossipraft_UpdatePositionReply__Output>;
  updatePosition(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_UpdatePositionRequest, _gossipraft_UpdatePositionReply__Output>;
  
}

export interface ServerToServerHandlers extends grpc.UntypedServiceImplementation {
  FetchSnapshot: grpc.handleServerStreamingCall<_gossipraft_FetchSnapshotRequest__Output, _gossipraft_FetchSnapshotReply>;
  
  Heartbeat: grpc.handleBidiStreamingCall<_gossipraft_HeartbeatRequest__Output, _gossipraft_HeartbeatReply>;
  
  PullEntries: grpc.handleBidiStreamingCall<_gossipraft_PullEntriesRequest__Output, _gossipraft_PullEntriesReply>;
  
  RequestVote: grpc.handleUnaryCall<_gossipraft_RequestVoteRequest__Output, _gossipraft_RequestVoteReply>;
  
  UpdatePosition: grpc.handleBidiStreamingCall<_gossipraft_UpdatePositionRequest__Output, _gossipraft_UpdatePositionReply>;
  
}

export interface ServerToServerDefinition extends grpc.ServiceDefinition {
  FetchSnapshot: MethodDefinition<_gossipraft_FetchSnapshotRequest, _gossipraft_FetchSnapshotReply, _gossipraft_FetchSnapshotRequest__Output, _gossipraft_FetchSnapshotReply__Output>
  Heartbeat: MethodDefinition<_gossipraft_HeartbeatRequest, _gossipraft_HeartbeatReply, _gossipraft_HeartbeatRequest__Output, _gossipraft_HeartbeatReply__Output>
  PullEntries: MethodDefinition<_gossipraft_PullEntriesRequest, _gossipraft_PullEntriesReply, _gossipraft_PullEntriesRequest__Output, _gossipraft_PullEntriesReply__Output>
  RequestVote: MethodDefinition<_gossipraft_RequestVoteRequest, _gossipraft_RequestVoteReply, _gossipraft_RequestVoteRequest__Output, _gossipraft_RequestVoteReply__Output>
  UpdatePosition: MethodDefinition<_gossipraft_UpdatePositionRequest, _gossipraft_UpdatePositionReply, _gossipraft_UpdatePositionRequest__Output, _gossipraft_UpdatePositionReply__Output>
}
