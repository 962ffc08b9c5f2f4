// Original file: proto/client.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AckEntriesReply as _gossipraft_AckEntriesReply, AckEntriesReply__Output as _gossipraft_AckEntriesReply__Output } from '../gossipraft/AckEntriesReply.ts';
import type { AckEntriesRequest as _gossipraft_AckEntriesRequest, AckEntriesRequest__Output as _gossipraft_AckEntriesRequest__Output } from '../gossipraft/AckEntriesRequest.ts';
import type { BackupReply as _gossipraft_BackupReply, BackupReply__Output as _gossipraft_BackupReply__Output } from '../gossipraft/BackupReply.ts';
import type { BackupRequest as _gossipraft_BackupRequest, BackupRequest__Output as _gossipraft_BackupRequest__Output } from '../gossipraft/BackupRequest.ts';
import type { ChangeMembersReply as _gossipraft_ChangeMembersReply, ChangeMembersReply__Output as _gossipraft_ChangeMembersReply__Output } from '../gossipraft/ChangeMembersReply.ts';
import type { ChangeMembersRequest as _gossipraft_ChangeMembersRequest, ChangeMembersRequest__Output as _gossipraft_ChangeMembersRequest__Output } from '../gossipraft/ChangeMembersRequest.ts';
import type { DescribeServerReply as _gossipraft_DescribeServerReply, DescribeServerReply__Output as _gossipraft_DescribeServerReply__Output } from '../gossipraft/DescribeServerReply.ts';
import type { DescribeServerRequest as _gossipraft_DescribeServerRequest, DescribeServerRequest__Output as _gossipraft_DescribeServerRequest__Output } from '../gossipraft/DescribeServerRequest.ts';
import type { OpenSessionReply as _gossipraft_OpenSessionReply, OpenSessionReply__Output as _gossipraft_OpenSessionReply__Output } from '../gossipraft/OpenSessionReply.ts';
import type { OpenSessionRequest as _gossipraft_OpenSessionRequest, OpenSessionRequest__Output as _gossipraft_OpenSessionRequest__Output } from '../gossipraft/OpenSessionRequest.ts';
import type { PutEntriesReply as _gossipraft_PutEntriesReply, PutEntriesReply__Output as _gossipraft_PutEntriesReply__Output } from '../gossipraft/PutEntriesReply.ts';
import type { PutEntriesRequest as _gossipraft_PutEntriesRequest, PutEntriesRequest__Output as _gossipraft_PutEntriesRequest__Output } from '../gossipraft/PutEntriesRequest.ts';
import type { QueryReply as _gossipraft_QueryReply, QueryReply__Output as _gossipraft_QueryReply__Output } from '../gossipraft/QueryReply.ts';
import type { QueryRequest as _gossipraft_QueryRequest, QueryRequest__Output as _gossipraft_QueryRequest__Output } from '../gossipraft/QueryRequest.ts';
import type { TransferLeadershipReply as _gossipraft_TransferLeadershipReply, TransferLeadershipReply__Output as _gossipraft_TransferLeadershipReply__Output } from '../gossipraft/TransferLeadershipReply.ts';
import type { TransferLeadershipRequest as _gossipraft_TransferLeadershipRequest, TransferLeadershipRequest__Output as _gossipraft_TransferLeadershipRequest__Output } from '../gossipraft/TransferLeadershipRequest.ts';
import type { WatchReply as _gossipraft_WatchReply, WatchReply__Output as _gossipraft_WatchReply__Output } from '../gossipraft/WatchReply.ts';
import type { WatchRequest as _gossipraft_WatchRequest, WatchRequest__Output as _gossipraft_WatchRequest__Output } from '../gossipraft/WatchRequest.ts';

export interface ClientToServerClient extends grpc.Client {
  AckEntries(argument: _gossipraft_AckEntriesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_AckEntriesReply__Output>;
  AckEntries(argument: _gossipraft_AckEntriesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_AckEntriesReply__Output>;
  ackEntries(argument: _gossipraft_AckEntriesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_AckEntriesReply__Output>;
  ackEntries(argument: _gossipraft_AckEntriesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_AckEntriesReply__Output>;
  
  Backup(argument: _gossipraft_BackupRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_BackupReply__Output>;
  Backup(argument: _gossipraft_BackupRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_BackupReply__Output>;
  backup(argument: _gossipraft_BackupRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_BackupReply__Output>;
  backup(argument: _gossipraft_BackupRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_BackupReply__Output>;
  
  ChangeMembers(argument: _gossipraft_ChangeMembersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ChangeMembersReply__Output>): grpc.ClientUnaryCall;
  ChangeMembers(argument: _gossipraft_ChangeMembersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_ChangeMembersReply__Output>): grpc.ClientUnaryCall;
  ChangeMembers(argument: _gossipraft_ChangeMembersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ChangeMembersReply__Output>): grpc.ClientUnaryCall;
  ChangeMembers(argument: _gossipraft_ChangeMembersRequest, callback: grpc.requestCallback<_gossipraft_ChangeMembersReply__Output>): grpc.ClientUnaryCall;
  changeMembers(argument: _gossipraft_ChangeMembersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ChangeMembersReply__Output>): grpc.ClientUnaryCall;
  changeMembers(argument: _gossipraft_ChangeMembersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_ChangeMembersReply__Output>): grpc.ClientUnaryCall;
  changeMembers(argument: _gossipraft_ChangeMembersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ChangeMembersReply__Output>): grpc.ClientUnaryCall;
  changeMembers(argument: _gossipraft_ChangeMembersRequest, callback: grpc.requestCallback<_gossipraft_ChangeMembersReply__Output>): grpc.ClientUnaryCall;
  
  DescribeServer(argument: _gossipraft_DescribeServerRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_DescribeServerReply__Output>): grpc.ClientUnaryCall;
  DescribeServer(argument: _gossipraft_DescribeServerRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_DescribeServerReply__Output>): grpc.ClientUnaryCall;
  DescribeServer(argument: _gossipraft_DescribeServerRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_DescribeServerReply__Output>): grpc.ClientUnaryCall;
  DescribeServer(argument: _gossipraft_DescribeServerRequest, callback: grpc.requestCallback<_gossipraft_DescribeServerReply__Output>): grpc.ClientUnaryCall;
  describeServer(argument: _gossipraft_DescribeServerRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_DescribeServerReply__Output>): grpc.ClientUnaryCall;
  describeServer(argument: _gossipraft_DescribeServerRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_DescribeServerReply__Output>): grpc.ClientUnaryCall;
  describeServer(argument: _gossipraft_DescribeServerRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_DescribeServerReply__Output>): grpc.ClientUnaryCall;
  describeServer(argument: _gossipraft_DescribeServerRequest, callback: grpc.requestCallback<_gossipraft_DescribeServerReply__Output>): grpc.ClientUnaryCall;
  
  OpenSession(argument: _gossipraft_OpenSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_OpenSessionReply__Output>): grpc.ClientUnaryCall;
  OpenSession(argument: _gossipraft_OpenSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_OpenSessionReply__Output>): grpc.ClientUnaryCall;
  OpenSession(argument: _gossipraft_OpenSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_OpenSessionReply__Output>): grpc.ClientUnaryCall;
  OpenSession(argument: _gossipraft_OpenSessionRequest, callback: grpc.requestCallback<_gossipraft_OpenSessionReply__Output>): grpc.ClientUnaryCall;
  openSession(argument: _gossipraft_OpenSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_OpenSessionReply__Output>): grpc.ClientUnaryCall;
  openSession(argument: _gossipraft_OpenSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_OpenSessionReply__Output>): grpc.ClientUnaryCall;
  openSession(argument: _gossipraft_OpenSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_OpenSessionReply__Output>): grpc.ClientUnaryCall;
  openSession(argument: _gossipraft_OpenSessionRequest, callback: grpc.requestCallback<_gossipraft_OpenSessionReply__Output>): grpc.ClientUnaryCall;
  
  PutEntries(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_PutEntriesRequest, _gossipraft_PutEntriesReply__Output>;
  PutEntries(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_PutEntriesRequest, _gossipraft_PutEntriesReply__Output>;
  putEntries(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_PutEntriesRequest, _gossipraft_PutEntriesReply__Output>;
  putEntries(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossipraft_PutEntriesRequest, _gossipraft_PutEntriesReply__Output>;
  
  Query(argument: _gossipraft_QueryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_QueryReply__Output>): grpc.ClientUnaryCall;
  Query(argument: _gossipraft_QueryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_QueryReply__Output>): grpc.ClientUnaryCall;
  Query(argument: _gossipraft_QueryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_QueryReply__Output>): grpc.ClientUnaryCall;
  Query(argument: _gossipraft_QueryRequest, callback: grpc.requestCallback<_gossipraft_QueryReply__Output>): grpc.ClientUnaryCall;
  query(argument: _gossipraft_QueryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_QueryReply__Output>): grpc.ClientUnaryCall;
  query(argument: _gossipraft_QueryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_QueryReply__Output>): grpc.ClientUnaryCall;
  query(argument: _gossipraft_QueryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_QueryReply__Output>): grpc.ClientUnaryCall;
  query(argument: _gossipraft_QueryRequest, callback: grpc.requestCallback<_gossipraft_QueryReply__Output>): grpc.ClientUnaryCall;
  
  TransferLeadership(argument: _gossipraft_TransferLeadershipRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  TransferLeadership(argument: _gossipraft_TransferLeadershipRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  TransferLeadership(argument: _gossipraft_TransferLeadershipRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  TransferLeadership(argument: _gossipraft_TransferLeadershipRequest, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  transferLeadership(argument: _gossipraft_TransferLeadershipRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  transferLeadership(argument: _gossipraft_TransferLeadershipRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  transferLeadership(argument: _gossipraft_TransferLeadershipRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  transferLeadership(argument: _gossipraft_TransferLeadershipRequest, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _gossipraft_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_WatchReply__Output>;
  Watch(argument: _gossipraft_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_WatchReply__Output>;
  watch(argument: _gossipraft_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_WatchReply__Output>;
  watch(argument: _gossipraft_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_WatchReply__Output>;
  
}

export interface ClientToServerHandlers extends grpc.UntypedServiceImplementation {
  AckEntries: grpc.handleServerStreamingCall<_gossipraft_AckEntriesRequest__Output, _gossipraft_AckEntriesReply>;
  
  Backup: grpc.handleServerStreamingCall<_gossipraft_BackupRequest__Output, _gossipraft_BackupReply>;
  
  ChangeMembers: grpc.handleUnaryCall<_gossipraft_ChangeMembersRequest__Output, _gossipraft_ChangeMembersReply>;
  
  DescribeServer: grpc.handleUnaryCall<_gossipraft_DescribeServerRequest__Output, _gossipraft_DescribeServerReply>;
  
  OpenSession: grpc.handleUnaryCall<_gossipraft_OpenSessionRequest__Output, _gossipraft_OpenSessionReply>;
  
  PutEntries: grpc.handleBidiStreamingCall<_gossipraft_PutEntriesRequest__Output, _gossipraft_PutEntriesReply>;
  
  Query: grpc.handleUnaryCall<_gossipraft_QueryRequest__Output, _gossipraft_QueryReply>;
  
  TransferLeadership: grpc.handleUnaryCall<_gossipraft_TransferLeadershipRequest__Output, _gossipraft_TransferLeadershipReply>;
  
  Watch: grpc.handleServerStreamingCall<_gossipraft_WatchRequest__Output, _gossipraft_WatchReply>;
  
}

export interface ClientToServerDefinition extends grpc.ServiceDefinition {
  AckEntries: MethodDefinition<_gossipraft_AckEntriesRequest, _gossipraft_AckEntriesReply, _gossipraft_AckEntriesRequest__Output, _gossipraft_AckEntriesReply__Output>
  Backup: MethodDefinition<_gossipraft_BackupRequest, _gossipraft_BackupReply, _gossipraft_BackupRequest__Output, _gossipraft_BackupReply__Output>
  ChangeMembers: MethodDefinition<_gossipraft_ChangeMembersRequest, _gossipraft_ChangeMembersReply, _gossipraft_ChangeMembersRequest__Output, _gossipraft_ChangeMembersReply__Output>
  DescribeServer: MethodDefinition<_gossipraft_DescribeServerRequest, _gossipraft_DescribeServerReply, _gossipraft_DescribeServerRequest__Output, _gossipraft_DescribeServerReply__Output>
  OpenSession: MethodDefinition<_gossipraft_OpenSessionRequest, _gossipraft_OpenSessionReply, _gossipraft_OpenSessionRequest__Output, _gossipraft_OpenSessionReply__Output>
  PutEntries: MethodDefinition<_gossipraft_PutEntriesRequest, _gossipraft_PutEntriesReply, _gossipraft_PutEntriesRequest__Output, _gossipraft_PutEntriesReply__Output>
  Query: MethodDefinition<_gossipraft_QueryRequest, _gossipraft_QueryReply, _gossipraft_QueryRequest__Output, _gossipraft_QueryReply__Output>
  TransferLeadership: MethodDefinition<_gossipraft_TransferLeadershipRequest, _gossipraft_TransferLeadershipReply, _gossipraft_TransferLeadershipRequest__Output, _gossipraft_TransferLeadershipReply__Output>
  Watch: MethodDefinition<_gossipraft_WatchRequest, _gossipraft_WatchReply, _gossipraft_WatchRequest__Output, _gossipraft_WatchReply__Output>
}
