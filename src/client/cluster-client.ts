import { setTimeout as wait } from 'node:timers/promises';
import { unreachable } from '../assert.ts';
import { memberOf } from '../consensus/quorum.ts';
import type { Config, GossipEntry, Member } from '../consensus/types.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import type { Idempotency } from '../machines/frame/command.ts';
import type { QueryFields, QueryName, WatchName } from '../machines/machines.ts';
import type { Transaction, TransactionResult } from '../machines/transaction.ts';
import type { Counters__Output as Counters } from '../transport/generated/gossipraft/Counters.ts';
import type { Description__Output as Description } from '../transport/generated/gossipraft/Description.ts';
import type { Foreigner__Output as Foreigner } from '../transport/generated/gossipraft/Foreigner.ts';
import { reasonOf } from '../transport/wire-checks.ts';
import { readConfig, readGossipEntry } from '../transport/wire-gossip.ts';
import type { MemberChange, NodeId } from '../words.ts';
import { changeMembers } from './change-members.ts';
import { type CommandAnswer, CommandPipeline } from './command-pipeline.ts';
import type { JournalPage } from './journal-page.ts';
import { MachineWatch, type WatchOptions } from './machine-watch.ts';
import { ask, type Read, type ReadDemand } from './query.ts';
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
  /** Of the program that it runs; empty for one of before version 0.2. */
  readonly version: string;
  /** Up to here commands are in use in the cluster, as far as the server has applied. */
  readonly commandLevel: number;
};

export type TransactOptions = {
  readonly timeoutMs: number;
  /** Under the same key it takes effect once, however often it is sent, through whatever client. */
  readonly idempotency?: Idempotency | undefined;
};
export type TransactAnswer = {
  readonly result: TransactionResult;
  readonly leader: string;
  /** The log entry in which it took effect. */
  readonly term: number;
  readonly index: number;
  /** An earlier request had the effect under this idempotency key. */
  readonly isReplay: boolean;
  /** With an idempotency key: those that were used within this time are remembered. */
  readonly windowMs: number | undefined;
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

  /** Resolves when the transaction is committed and applied. Rejects with a ClusterError. */
  async transact(transaction: Transaction, options: TransactOptions): Promise<TransactAnswer> {
    const { timeoutMs, idempotency } = options;
    const answer = await this.#pipeline.submit({ transaction, idempotency }, timeoutMs);
    return transactAnswerOf(answer);
  }

  /** One query of one machine. Rejects with a ClusterError. */
  query<Name extends QueryName>(
    name: Name,
    query: QueryFields<Name>,
    demand: ReadDemand,
    timeoutMs: number,
  ): Promise<Read<Name>> {
    return ask(this.#calls, name, query, demand, timeoutMs);
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

  /** Tells of every change of a machine, once and in order, whatever server dies. */
  watch<Name extends WatchName>(watch: Omit<WatchOptions<Name>, 'directory'>): MachineWatch<Name> {
    return new MachineWatch({ ...watch, directory: this.#directory });
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
  version: description.version,
  commandLevel: description.commandLevel,
});

function transactAnswerOf({ result, leader, term, index }: CommandAnswer): TransactAnswer {
  switch (result.type) {
    case 'done':
    case 'aborted':
      return { result, leader, term, index, isReplay: false, windowMs: undefined };
    case 'remembered': {
      const { type: _, ...remembered } = result;
      return { ...remembered, leader };
    }
    case 'keyReused':
      throw new ClusterError('keyConflict', 'the Idempotency-Key was used for another request');
    case 'idempotencyFull': {
      const text = 'the room for idempotency keys is taken by such as must be remembered';
      throw new ClusterError('idempotencyFull', text);
    }
    case 'sessionExpired':
      throw new ClusterError('outcomeUnknown', 'the session of the request is over');
    default:
      return unreachable(result);
  }
}
