// Original file: proto/exercise.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ServeClientArgs as _raft_ServeClientArgs, ServeClientArgs__Output as _raft_ServeClientArgs__Output } from '../raft/ServeClientArgs.ts';
import type { ServeClientReply as _raft_ServeClientReply, ServeClientReply__Output as _raft_ServeClientReply__Output } from '../raft/ServeClientReply.ts';

export interface RaftClient extends grpc.Client {
  ServeClient(argument: _raft_ServeClientArgs, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raft_ServeClientReply__Output>): grpc.ClientUnaryCall;
  ServeClient(argument: _raft_ServeClientArgs, metadata: grpc.Metadata, callback: grpc.requestCallback<_raft_ServeClientReply__Output>): grpc.ClientUnaryCall;
  ServeClient(argument: _raft_ServeClientArgs, options: grpc.CallOptions, callback: grpc.requestCallback<_raft_ServeClientReply__Output>): grpc.ClientUnaryCall;
  ServeClient(argument: _raft_ServeClientArgs, callback: grpc.requestCallback<_raft_ServeClientReply__Output>): grpc.ClientUnaryCall;
  serveClient(argument: _raft_ServeClientArgs, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raft_ServeClientReply__Output>): grpc.ClientUnaryCall;
  serveClient(argument: _raft_ServeClientArgs, metadata: grpc.Metadata, callback: grpc.requestCallback<_raft_ServeClientReply__Output>): grpc.ClientUnaryCall;
  serveClient(argument: _raft_ServeClientArgs, options: grpc.CallOptions, callback: grpc.requestCallback<_raft_ServeClientReply__Output>): grpc.ClientUnaryCall;
  serveClient(argument: _raft_ServeClientArgs, callback: grpc.requestCallback<_raft_ServeClientReply__Output>): grpc.ClientUnaryCall;
  
}

export interface RaftHandlers extends grpc.UntypedServiceImplementation {
  ServeClient: grpc.handleUnaryCall<_raft_ServeClientArgs__Output, _raft_ServeClientReply>;
  
}

export interface RaftDefinition extends grpc.ServiceDefinition {
  ServeClient: MethodDefinition<_raft_ServeClientArgs, _raft_ServeClientReply, _raft_ServeClientArgs__Output, _raft_ServeClientReply__Output>
}
