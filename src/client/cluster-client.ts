import { setTimeout as wait } from 'node:timers/promises';
import { bytesOf } from '../codec/byte-string.ts';
import { memberOf } from '../consensus/quorum.ts';
import type { Config, GossipEntry, Member } from '../consensus/types.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import type { PutRequest } from '../state-machines/command.ts';
import type { Placement, Result } from '../state-machines/result.ts';
import type { Transaction } from '../state-machines/transaction.ts';
import type { Counters__Output as Counters } from '../transport/generated/gossipraft/Counters.ts';
import type { Description__Output as Description } from '../transport/generated/gossipraft/Description.ts';
import type { Foreigner__Output as Foreigner } from '../transport/generated/gossipraft/Foreigner.ts';
import { reasonOf } from '../transport/wire-checks.ts';
import { readConfig, readGossipEntry } from '../transport/wire-gossip.ts';
import type { MemberChange, NodeId } from '../words.ts';
import { changeMembers } from './change-members.ts';
import { CommandPipeline } from './command-pipeline.ts';
import type { JournalPage } from './journal-page.ts';
import { consistencies, type KeyPage, type KeyQuery, keyPageOf } from './key-query.ts';
import { KeyWatch, type KeyWatchOptions } from './key-watch.ts';
import { type ObjectRange, readObjects, readObjectsAt } from './read-objects.ts';
import { ServerCalls, unreachableServer } from './server-calls.ts';
import type { ServerAddress, ServerConnection } from './server-connection.ts';
import { ServerDirectory } from './server-directory.ts';

export type ClusterClientOptions = {
  readonly clusterName: string;
  readonly servers: readonly ServerAddress[];
  readonly pendingMaxBytes: number;
  readonly stallMs: number;
  /** Otherwise with the first write: who only reads leaves nothing in the log. */
  readonly connectsAtOnce: boolean;
};

export type BatchFate =
  | {
      readonly type: 'committed';
      readonly first: number;
      readonly last: number;
      readonly term: number;
      readonly index: number;
    }
  | { readonly type: 'notFound'; readonly appliedIndex: number; readonly rememberedCount: number };

/** One server's own view of the cluster. */
export type ServerDescription = {
  readonly server: string;
  readonly leader: string | undefined;
  /** Undefined while the server belongs to no cluster. */
  readonly config: Config | undefined;
  /** Its own fact first. */
  readonly facts: readonly GossipEntry[];
  readonly connectedPeers: readonly string[];
  readonly startedAtWallMs: number;
  readonly counters: Counters | undefined;
  readonly leaseRemainingMs: number;
  /** Servers of other clusters that it has met lately. */
  readonly foreigners: readonly Foreigner[];
  /** What its configuration file wants of the members and has not got yet, with the reason. */
  readonly openChanges: readonly string[];
  /** It lost a part of its log, and has no vote until it holds it again. */
  readonly isRecovering: boolean;
  /** Files of its that cannot be read, and what is missing without one. */
  readonly damagedFiles: readonly string[];
  /** New writes find no room on its disk. */
  readonly isDiskFull: boolean;
};

export type PutAnswer = {
  readonly placement: Placement;
  readonly isReplay: boolean;
  readonly leader: string;
  /** With an idempotency key: those that were used within this time are remembered. */
  readonly windowMs: number | undefined;
};
export type TransactAnswer = {
  readonly result: Extract<Result, { kind: 'transacted' | 'aborted' }>;
  readonly leader: string;
};

const transferPollMs = 5;
const describeTimeoutMs = 1000;

/** Talks to the cluster for people: finds the leader, retries, and says what is certain. */
export class ClusterClient {
  readonly #directory: ServerDirectory;
  readonly #calls: ServerCalls;
  readonly #pipeline: CommandPipeline;

  constructor({ clusterName, servers, connectsAtOnce, ...limits }: ClusterClientOptions) {
    this.#directory = new ServerDirectory(clusterName, servers);
    this.#pipeline = new CommandPipeline({ directory: this.#directory, ...limits });
    this.#calls = new ServerCalls(this.#directory, () => this.#pipeline.leader);
    this.#directory.start();
    if (connectsAtOnce) this.#pipeline.start();
  }

  /** The members as far as we know; before any server has answered, those of the file. */
  get servers(): readonly ServerAddress[] {
    return this.#directory.addresses;
  }

  /** The configuration file has changed: the servers are to be found there, as far as it knows. */
  list(servers: readonly ServerAddress[]): void {
    this.#directory.list(servers);
  }

  /** The leader that takes our puts; undefined while there is none. */
  get leader(): string | undefined {
    return this.#pipeline.leader;
  }

  get pendingBytes(): number {
    return this.#pipeline.pendingBytes;
  }

  /** Resolves when the batch is committed and applied. Rejects with a ClusterError. */
  async put(request: Omit<PutRequest, 'kind'>, timeoutMs: number): Promise<PutAnswer> {
    const { result, leader } = await this.#pipeline.submit({ kind: 'put', ...request }, timeoutMs);
    if (result.kind === 'keyConflict') {
      const text = 'the Idempotency-Key was used for another request';
      throw new ClusterError('keyConflict', text, result.placement.batchId);
    }
    if (result.kind === 'idempotencyFull') {
      const text = 'the room for idempotency keys is taken by such as must be remembered';
      throw new ClusterError('idempotencyFull', text);
    }
    if (result.kind !== 'appended') throw unexpectedResult(result);
    const { placement, windowMs } = result;
    const isReplay = result.isReplay && placement.batchId !== request.batchId;
    return { placement, isReplay, leader, windowMs };
  }

  /** Resolves when the transaction is committed and applied. Rejects with a ClusterError. */
  async transact(transaction: Transaction, timeoutMs: number): Promise<TransactAnswer> {
    const request = { kind: 'transact', ...transaction } as const;
    const { result, leader } = await this.#pipeline.submit(request, timeoutMs);
    if (result.kind !== 'transacted' && result.kind !== 'aborted') throw unexpectedResult(result);
    return { result, leader };
  }

  /** A linearizable page; nothing is left out of it. */
  readEntries(range: ObjectRange, timeoutMs: number): Promise<JournalPage> {
    const servers = this.servers.map(({ id }) => id);
    return readObjects(this.#calls, servers, range, timeoutMs);
  }

  /** The page as one server sees it; it may be behind. */
  readEntriesAt(server: string, range: ObjectRange, timeoutMs: number): Promise<JournalPage> {
    return readObjectsAt(this.#calls, server, range, timeoutMs);
  }

  async readBatch(batchId: string, timeoutMs: number): Promise<BatchFate> {
    const { found, notFound } = await this.#calls.askLeader(timeoutMs, (connection, attemptMs) =>
      connection.readBatch(batchId, attemptMs),
    );
    if (found === undefined || found === null) {
      const { appliedIndex = 0, rememberedCount = 0 } = notFound ?? {};
      return { type: 'notFound', appliedIndex, rememberedCount };
    }
    const { firstSeq: first, count, position } = found;
    const { term = 0, index = 0 } = position ?? {};
    return { type: 'committed', first, last: first + count - 1, term, index };
  }

  /**
   * Keys of a range, in the order of their bytes. By lease or quorum: linearizable, from the
   * leader; else from `server`, or from any that can promise what was asked for.
   */
  async readKeys(query: KeyQuery, timeoutMs: number): Promise<KeyPage> {
    const request = {
      consistency: consistencies[query.consistency],
      maxStalenessMs: query.maxStalenessMs ?? 0,
      revision: query.revision ?? 0,
      start: bytesOf(query.start),
      end: bytesOf(query.end),
      limit: query.limit,
      withValues: query.withValues,
    };
    const ask = (connection: ServerConnection, attemptMs: number) =>
      connection.readKeys(request, attemptMs);
    const isAnywhere = query.consistency === 'bounded' || query.consistency === 'local';
    const { server } = query;
    const reply =
      server !== undefined
        ? await this.#calls.ask(server, connection => ask(connection, timeoutMs))
        : await (isAnywhere
            ? this.#calls.askAny(timeoutMs, ask)
            : this.#calls.askLeader(timeoutMs, ask));
    return keyPageOf(reply.page);
  }

  /** Tells of every change of keys with the prefix, once and in order, whatever server dies. */
  watchKeys(watch: Omit<KeyWatchOptions, 'directory'>): KeyWatch {
    return new KeyWatch({ ...watch, directory: this.#directory });
  }

  /** Hands the leadership over, and resolves with the new leader once it takes writes. */
  async transferLeadership(to: string | undefined, timeoutMs: number): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    if (to !== undefined) await this.member(to, timeoutMs);
    let before = '';
    const transfer = (connection: ServerConnection, attemptMs: number) => {
      before = connection.id;
      return connection.transferLeadership(to, attemptMs);
    };
    await this.#calls.askLeader(timeoutMs, transfer, { isChange: true });
    while (Date.now() < deadline) {
      const leader = this.leader ?? before;
      if (leader !== before) return leader;
      const next = await this.#otherLeaderThan(before);
      if (next !== undefined) return next;
      await wait(transferPollMs);
    }
    throw new ClusterError('noLeader', 'the leader has handed over, no other one is known yet');
  }

  /** The first server that says it leads, but for the one that has handed over. */
  #otherLeaderThan(before: string): Promise<string | undefined> {
    const answers = this.servers.map(async ({ id }) => {
      const { server, facts } = await this.describe(id, describeTimeoutMs);
      const leads = facts[0]?.fact.role === 'leader' && server !== before;
      return leads ? server : Promise.reject(new Error('it does not lead'));
    });
    return Promise.any(answers).catch(() => undefined);
  }

  /** Adds, moves, removes or replaces members. Resolves once a majority knows of it. */
  changeMembers(changes: readonly MemberChange[], timeoutMs: number): Promise<void> {
    return changeMembers(this.#calls, changes, timeoutMs);
  }

  /** The newest configuration that any server knows. */
  async currentConfig(timeoutMs: number): Promise<Config> {
    const answers = await Promise.allSettled(
      this.servers.map(({ id }) => this.describe(id, timeoutMs)),
    );
    for (const answer of answers) {
      const config = answer.status === 'fulfilled' ? answer.value.config : undefined;
      if (config !== undefined) this.#directory.follow(config);
    }
    const { config } = this.#directory;
    if (config !== undefined) return config;
    throw new ClusterError('noLeader', 'no server can be reached that belongs to a cluster');
  }

  /** Whether the member answers, with the data directory that the cluster knows of it. */
  async stillHolds({ id, directoryId }: Member): Promise<boolean> {
    const answer = await this.describe(id, describeTimeoutMs).catch(() => undefined);
    return directoryId !== undefined && answer?.facts[0]?.fact.directoryId === directoryId;
  }

  /** The member of that name. Rejects with `unknownServer` when there is none. */
  async member(name: string, timeoutMs: number): Promise<Member> {
    const config = await this.currentConfig(timeoutMs);
    const member = memberOf(config, name as NodeId);
    if (member !== undefined) return member;
    const known = config.members.map(({ id }) => id).join(', ');
    const text = `member not found: there is no ${name.slice(0, 64)}, only ${known}`;
    throw new ClusterError('unknownServer', text);
  }

  async describe(server: string, timeoutMs: number): Promise<ServerDescription> {
    const { description } = await this.#calls.ask(server, connection =>
      connection.describe(timeoutMs),
    );
    if (description === undefined || description === null) throw unreachableServer(server);
    try {
      return descriptionOf(description);
    } catch (error) {
      const text = `${server} answers in words that are not known here (${reasonOf(error)})`;
      throw new ClusterError('notUnderstood', text);
    }
  }

  close(): void {
    this.#pipeline.close();
    this.#directory.close();
  }
}

const descriptionOf = (description: Description): ServerDescription => ({
  server: description.server,
  leader: description.leader,
  config: description.config ? readConfig(description.config) : undefined,
  facts: description.facts.map(readGossipEntry),
  connectedPeers: description.connectedPeers,
  startedAtWallMs: description.startedAtWallMs,
  counters: description.counters ?? undefined,
  leaseRemainingMs: description.leaseRemainingMs,
  foreigners: description.foreigners,
  openChanges: description.openChanges,
  isRecovering: description.isRecovering,
  damagedFiles: description.damagedFiles,
  isDiskFull: description.isDiskFull,
});

/** It stands in the log; whatever the answer means, it may have had an effect. */
const unexpectedResult = ({ kind }: Result): ClusterError =>
  new ClusterError('outcomeUnknown', `the cluster answered "${kind}"; it is of another version`);
