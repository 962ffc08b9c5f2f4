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
import type { ReadBatchReply as _gossipraft_ReadBatchReply, ReadBatchReply__Output as _gossipraft_ReadBatchReply__Output } from '../gossipraft/ReadBatchReply.ts';
import type { ReadBatchRequest as _gossipraft_ReadBatchRequest, ReadBatchRequest__Output as _gossipraft_ReadBatchRequest__Output } from '../gossipraft/ReadBatchRequest.ts';
import type { ReadEntriesReply as _gossipraft_ReadEntriesReply, ReadEntriesReply__Output as _gossipraft_ReadEntriesReply__Output } from '../gossipraft/ReadEntriesReply.ts';
import type { ReadEntriesRequest as _gossipraft_ReadEntriesRequest, ReadEntriesRequest__Output as _gossipraft_ReadEntriesRequest__Output } from '../gossipraft/ReadEntriesRequest.ts';
import type { ReadKeysReply as _gossipraft_ReadKeysReply, ReadKeysReply__Output as _gossipraft_ReadKeysReply__Output } from '../gossipraft/ReadKeysReply.ts';
import type { ReadKeysRequest as _gossipraft_ReadKeysRequest, ReadKeysRequest__Output as _gossipraft_ReadKeysRequest__Output } from '../gossipraft/ReadKeysRequest.ts';
import type { TransferLeadershipReply as _gossipraft_TransferLeadershipReply, TransferLeadershipReply__Output as _gossipraft_TransferLeadershipReply__Output } from '../gossipraft/TransferLeadershipReply.ts';
import type { TransferLeadershipRequest as _gossipraft_TransferLeadershipRequest, TransferLeadershipRequest__Output as _gossipraft_TransferLeadershipRequest__Output } from '../gossipraft/TransferLeadershipRequest.ts';
import type { WatchKeysReply as _gossipraft_WatchKeysReply, WatchKeysReply__Output as _gossipraft_WatchKeysReply__Output } from '../gossipraft/WatchKeysReply.ts';
import type { WatchKeysRequest as _gossipraft_WatchKeysRequest, WatchKeysRequest__Output as _gossipraft_WatchKeysRequest__Output } from '../gossipraft/WatchKeysRequest.ts';

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
  
  ReadBatch(argument: _gossipraft_ReadBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadBatchReply__Output>): grpc.ClientUnaryCall;
  ReadBatch(argument: _gossipraft_ReadBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_ReadBatchReply__Output>): grpc.ClientUnaryCall;
  ReadBatch(argument: _gossipraft_ReadBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadBatchReply__Output>): grpc.ClientUnaryCall;
  ReadBatch(argument: _gossipraft_ReadBatchRequest, callback: grpc.requestCallback<_gossipraft_ReadBatchReply__Output>): grpc.ClientUnaryCall;
  readBatch(argument: _gossipraft_ReadBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadBatchReply__Output>): grpc.ClientUnaryCall;
  readBatch(argument: _gossipraft_ReadBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_ReadBatchReply__Output>): grpc.ClientUnaryCall;
  readBatch(argument: _gossipraft_ReadBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadBatchReply__Output>): grpc.ClientUnaryCall;
  readBatch(argument: _gossipraft_ReadBatchRequest, callback: grpc.requestCallback<_gossipraft_ReadBatchReply__Output>): grpc.ClientUnaryCall;
  
  ReadEntries(argument: _gossipraft_ReadEntriesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadEntriesReply__Output>): grpc.ClientUnaryCall;
  ReadEntries(argument: _gossipraft_ReadEntriesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_ReadEntriesReply__Output>): grpc.ClientUnaryCall;
  ReadEntries(argument: _gossipraft_ReadEntriesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadEntriesReply__Output>): grpc.ClientUnaryCall;
  ReadEntries(argument: _gossipraft_ReadEntriesRequest, callback: grpc.requestCallback<_gossipraft_ReadEntriesReply__Output>): grpc.ClientUnaryCall;
  readEntries(argument: _gossipraft_ReadEntriesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadEntriesReply__Output>): grpc.ClientUnaryCall;
  readEntries(argument: _gossipraft_ReadEntriesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_ReadEntriesReply__Output>): grpc.ClientUnaryCall;
  readEntries(argument: _gossipraft_ReadEntriesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadEntriesReply__Output>): grpc.ClientUnaryCall;
  readEntries(argument: _gossipraft_ReadEntriesRequest, callback: grpc.requestCallback<_gossipraft_ReadEntriesReply__Output>): grpc.ClientUnaryCall;
  
  ReadKeys(argument: _gossipraft_ReadKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadKeysReply__Output>): grpc.ClientUnaryCall;
  ReadKeys(argument: _gossipraft_ReadKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_ReadKeysReply__Output>): grpc.ClientUnaryCall;
  ReadKeys(argument: _gossipraft_ReadKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadKeysReply__Output>): grpc.ClientUnaryCall;
  ReadKeys(argument: _gossipraft_ReadKeysRequest, callback: grpc.requestCallback<_gossipraft_ReadKeysReply__Output>): grpc.ClientUnaryCall;
  readKeys(argument: _gossipraft_ReadKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadKeysReply__Output>): grpc.ClientUnaryCall;
  readKeys(argument: _gossipraft_ReadKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_ReadKeysReply__Output>): grpc.ClientUnaryCall;
  readKeys(argument: _gossipraft_ReadKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_ReadKeysReply__Output>): grpc.ClientUnaryCall;
  readKeys(argument: _gossipraft_ReadKeysRequest, callback: grpc.requestCallback<_gossipraft_ReadKeysReply__Output>): grpc.ClientUnaryCall;
  
  TransferLeadership(argument: _gossipraft_TransferLeadershipRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  TransferLeadership(argument: _gossipraft_TransferLeadershipRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  TransferLeadership(argument: _gossipraft_TransferLeadershipRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  TransferLeadership(argument: _gossipraft_TransferLeadershipRequest, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  transferLeadership(argument: _gossipraft_TransferLeadershipRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  transferLeadership(argument: _gossipraft_TransferLeadershipRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  transferLeadership(argument: _gossipraft_TransferLeadershipRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  transferLeadership(argument: _gossipraft_TransferLeadershipRequest, callback: grpc.requestCallback<_gossipraft_TransferLeadershipReply__Output>): grpc.ClientUnaryCall;
  
  WatchKeys(argument: _gossipraft_WatchKeysRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_WatchKeysReply__Output>;
  WatchKeys(argument: _gossipraft_WatchKeysRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_WatchKeysReply__Output>;
  watchKeys(argument: _gossipraft_WatchKeysRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_WatchKeysReply__Output>;
  watchKeys(argument: _gossipraft_WatchKeysRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossipraft_WatchKeysReply__Output>;
  
}

export interface ClientToServerHandlers extends grpc.UntypedServiceImplementation {
  AckEntries: grpc.handleServerStreamingCall<_gossipraft_AckEntriesRequest__Output, _gossipraft_AckEntriesReply>;
  
  Backup: grpc.handleServerStreamingCall<_gossipraft_BackupRequest__Output, _gossipraft_BackupReply>;
  
  ChangeMembers: grpc.handleUnaryCall<_gossipraft_ChangeMembersRequest__Output, _gossipraft_ChangeMembersReply>;
  
  DescribeServer: grpc.handleUnaryCall<_gossipraft_DescribeServerRequest__Output, _gossipraft_DescribeServerReply>;
  
  OpenSession: grpc.handleUnaryCall<_gossipraft_OpenSessionRequest__Output, _gossipraft_OpenSessionReply>;
  
  PutEntries: grpc.handleBidiStreamingCall<_gossipraft_PutEntriesRequest__Output, _gossipraft_PutEntriesReply>;
  
  ReadBatch: grpc.handleUnaryCall<_gossipraft_ReadBatchRequest__Output, _gossipraft_ReadBatchReply>;
  
  ReadEntries: grpc.handleUnaryCall<_gossipraft_ReadEntriesRequest__Output, _gossipraft_ReadEntriesReply>;
  
  ReadKeys: grpc.handleUnaryCall<_gossipraft_ReadKeysRequest__Output, _gossipraft_ReadKeysReply>;
  
  TransferLeadership: grpc.handleUnaryCall<_gossipraft_TransferLeadershipRequest__Output, _gossipraft_TransferLeadershipReply>;
  
  WatchKeys: grpc.handleServerStreamingCall<_gossipraft_WatchKeysRequest__Output, _gossipraft_WatchKeysReply>;
  
}

export interface ClientToServerDefinition extends grpc.ServiceDefinition {
  AckEntries: MethodDefinition<_gossipraft_AckEntriesRequest, _gossipraft_AckEntriesReply, _gossipraft_AckEntriesRequest__Output, _gossipraft_AckEntriesReply__Output>
  Backup: MethodDefinition<_gossipraft_BackupRequest, _gossipraft_BackupReply, _gossipraft_BackupRequest__Output, _gossipraft_BackupReply__Output>
  ChangeMembers: MethodDefinition<_gossipraft_ChangeMembersRequest, _gossipraft_ChangeMembersReply, _gossipraft_ChangeMembersRequest__Output, _gossipraft_ChangeMembersReply__Output>
  DescribeServer: MethodDefinition<_gossipraft_DescribeServerRequest, _gossipraft_DescribeServerReply, _gossipraft_DescribeServerRequest__Output, _gossipraft_DescribeServerReply__Output>
  OpenSession: MethodDefinition<_gossipraft_OpenSessionRequest, _gossipraft_OpenSessionReply, _gossipraft_OpenSessionRequest__Output, _gossipraft_OpenSessionReply__Output>
  PutEntries: MethodDefinition<_gossipraft_PutEntriesRequest, _gossipraft_PutEntriesReply, _gossipraft_PutEntriesRequest__Output, _gossipraft_PutEntriesReply__Output>
  ReadBatch: MethodDefinition<_gossipraft_ReadBatchRequest, _gossipraft_ReadBatchReply, _gossipraft_ReadBatchRequest__Output, _gossipraft_ReadBatchReply__Output>
  ReadEntries: MethodDefinition<_gossipraft_ReadEntriesRequest, _gossipraft_ReadEntriesReply, _gossipraft_ReadEntriesRequest__Output, _gossipraft_ReadEntriesReply__Output>
  ReadKeys: MethodDefinition<_gossipraft_ReadKeysRequest, _gossipraft_ReadKeysReply, _gossipraft_ReadKeysRequest__Output, _gossipraft_ReadKeysReply__Output>
  TransferLeadership: MethodDefinition<_gossipraft_TransferLeadershipRequest, _gossipraft_TransferLeadershipReply, _gossipraft_TransferLeadershipRequest__Output, _gossipraft_TransferLeadershipReply__Output>
  WatchKeys: MethodDefinition<_gossipraft_WatchKeysRequest, _gossipraft_WatchKeysReply, _gossipraft_WatchKeysRequest__Output, _gossipraft_WatchKeysReply__Output>
}
