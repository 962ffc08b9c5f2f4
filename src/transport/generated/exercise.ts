import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { RaftClient as _raft_RaftClient, RaftDefinition as _raft_RaftDefinition } from './raft/Raft.ts';
import type { ServeClientArgs as _raft_ServeClientArgs, ServeClientArgs__Output as _raft_ServeClientArgs__Output } from './raft/ServeClientArgs.ts';
import type { ServeClientReply as _raft_ServeClientReply, ServeClientReply__Output as _raft_ServeClientReply__Output } from './raft/ServeClientReply.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  raft: {
    Raft: SubtypeConstructor<typeof grpc.Client, _raft_RaftClient> & { service: _raft_RaftDefinition }
    ServeClientArgs: MessageTypeDefinition<_raft_ServeClientArgs, _raft_ServeClientArgs__Output>
    ServeClientReply: MessageTypeDefinition<_raft_ServeClientReply, _raft_ServeClientReply__Output>
  }
}

