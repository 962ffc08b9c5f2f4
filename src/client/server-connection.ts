import {
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Endpoint } from '../addresses.ts';
import { addressOf, channelOptions } from '../transport/channel-options.ts';
import type { AckEntriesReply__Output as AckReply } from '../transport/generated/gossipraft/AckEntriesReply.ts';
import type { BackupRange } from '../transport/generated/gossipraft/BackupRange.ts';
import type { BackupReply__Output as BackupReply } from '../transport/generated/gossipraft/BackupReply.ts';
import type { ChangeMembersReply__Output as MembersReply } from '../transport/generated/gossipraft/ChangeMembersReply.ts';
import type { ClientToServerClient } from '../transport/generated/gossipraft/ClientToServer.ts';
import type { DescribeServerReply__Output as DescribeReply } from '../transport/generated/gossipraft/DescribeServerReply.ts';
import type { OpenSessionReply__Output as SessionReply } from '../transport/generated/gossipraft/OpenSessionReply.ts';
import type { PutEntriesReply__Output as PutReply } from '../transport/generated/gossipraft/PutEntriesReply.ts';
import type { PutEntriesRequest } from '../transport/generated/gossipraft/PutEntriesRequest.ts';
import type { QueryReply__Output as QueryReply } from '../transport/generated/gossipraft/QueryReply.ts';
import type { QueryRequest } from '../transport/generated/gossipraft/QueryRequest.ts';
import type { TransferLeadershipReply__Output as TransferReply } from '../transport/generated/gossipraft/TransferLeadershipReply.ts';
import type { WatchReply__Output as WatchReply } from '../transport/generated/gossipraft/WatchReply.ts';
import { ClientToServer } from '../transport/proto-definitions.ts';
import { writeMemberChange } from '../transport/wire-members.ts';
import type { MemberChange } from '../words.ts';

import type { NamedCluster } from './cluster-identity.ts';

export type ServerAddress = Endpoint & { readonly id: string };

type Callback<Reply> = (error: ServiceError | null, reply?: Reply) => void;

/** The channel to one server, with its calls as promises. A failed call rejects. */
export class ServerConnection {
  readonly id: string;
  readonly #client: ClientToServerClient;
  readonly #cluster: () => NamedCluster;

  constructor(address: ServerAddress, cluster: () => NamedCluster) {
    this.id = address.id;
    this.#cluster = cluster;
    this.#client = new ClientToServer(
      addressOf(address),
      credentials.createInsecure(),
      channelOptions,
    );
  }

  openSession(nonce: string, timeoutMs: number): Promise<SessionReply> {
    const request = { ...this.#cluster(), nonce };
    return this.#call(timeoutMs, (options, done) =>
      this.#client.openSession(request, options, done),
    );
  }

  query(query: Omit<QueryRequest, keyof NamedCluster>, timeoutMs: number): Promise<QueryReply> {
    const request = { ...this.#cluster(), ...query };
    return this.#call(timeoutMs, (options, done) => this.#client.query(request, options, done));
  }

  transferLeadership(to: string | undefined, timeoutMs: number): Promise<TransferReply> {
    const request = { ...this.#cluster(), ...(to === undefined ? {} : { to }) };
    return this.#call(timeoutMs, (options, done) =>
      this.#client.transferLeadership(request, options, done),
    );
  }

  changeMembers(changes: readonly MemberChange[], timeoutMs: number): Promise<MembersReply> {
    const request = { ...this.#cluster(), changes: changes.map(writeMemberChange) };
    return this.#call(timeoutMs, (options, done) =>
      this.#client.changeMembers(request, options, done),
    );
  }

  watch(machine: string, filter: Buffer, after: number): ClientReadableStream<WatchReply> {
    return this.#client.watch({ ...this.#cluster(), machine, filter, after });
  }

  describe(timeoutMs: number): Promise<DescribeReply> {
    const request = this.#cluster();
    return this.#call(timeoutMs, (options, done) =>
      this.#client.describeServer(request, options, done),
    );
  }

  openAcks(sessionId: number): ClientReadableStream<AckReply> {
    return this.#client.ackEntries({ ...this.#cluster(), sessionId });
  }

  /** All of it, at the leader; with a range, only these posted objects. */
  backup(range?: BackupRange): ClientReadableStream<BackupReply> {
    return this.#client.backup({ ...this.#cluster(), range: range ?? null });
  }

  openPuts(): ClientDuplexStream<PutEntriesRequest, PutReply> {
    return this.#client.putEntries();
  }

  close(): void {
    this.#client.close();
  }

  #call<Reply>(
    timeoutMs: number,
    start: (options: { deadline: number }, done: Callback<Reply>) => void,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      start({ deadline: Date.now() + timeoutMs }, (error, reply) => {
        if (error !== null || reply === undefined) reject(error ?? new Error('no reply'));
        else resolve(reply);
      });
    });
  }
}
