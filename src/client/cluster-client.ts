import { setTimeout as wait } from 'node:timers/promises';
import type { GossipEntry } from '../consensus/types.ts';
import { ClusterError, type ClusterErrorCode } from '../errors/cluster-error.ts';
import { bytesOf } from '../state-machines/byte-string.ts';
import type { PutRequest } from '../state-machines/command.ts';
import type { Placement, Result } from '../state-machines/result.ts';
import type { Transaction } from '../state-machines/transaction.ts';
import type { Counters__Output as Counters } from '../transport/generated/gossipraft/Counters.ts';
import type { Refused__Output as Refused } from '../transport/generated/gossipraft/Refused.ts';
import { readGossipEntry } from '../transport/wire-gossip.ts';
import { CommandPipeline } from './command-pipeline.ts';
import { consistencies, type KeyPage, type KeyQuery, keyPageOf } from './key-query.ts';
import { KeyWatch, type KeyWatchOptions } from './key-watch.ts';
import { LeaderFinder } from './leader-finder.ts';
import { type ServerAddress, ServerConnection } from './server-connection.ts';

export type ClusterClientOptions = {
  readonly clusterId: string;
  readonly servers: readonly ServerAddress[];
  readonly pendingMaxBytes: number;
  readonly stallMs: number;
};

export type JournalPage = {
  readonly entries: readonly {
    readonly seq: number;
    readonly term: number;
    readonly data: Buffer;
  }[];
  /** Number of the last entry in this view. */
  readonly lastSeq: number;
  readonly server: string;
  readonly term: number;
  readonly leader: string | undefined;
  readonly appliedIndex: number;
  /** The newest commit index that the server has heard of: how far it is behind. */
  readonly knownCommitIndex: number;
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
  readonly members: readonly { readonly id: string; readonly isVoter: boolean }[];
  /** Its own fact first. */
  readonly facts: readonly GossipEntry[];
  readonly connectedPeers: readonly string[];
  readonly startedAtWallMs: number;
  readonly counters: Counters | undefined;
  readonly leaseRemainingMs: number;
};

export type PutAnswer = {
  readonly placement: Placement;
  readonly isReplay: boolean;
  readonly leader: string;
};
export type TransactAnswer = {
  readonly result: Extract<Result, { kind: 'transacted' | 'aborted' }>;
  readonly leader: string;
};

const attemptTimeoutMs = 1000;
const pauseMs = 50;
const transferPollMs = 5;

/** Talks to the cluster for people: finds the leader, retries, and says what is certain. */
export class ClusterClient {
  readonly servers: readonly ServerAddress[];
  readonly #connections: readonly ServerConnection[];
  readonly #pipeline: CommandPipeline;
  #turn = 0;

  constructor({ clusterId, servers, ...limits }: ClusterClientOptions) {
    this.servers = servers;
    this.#connections = servers.map(server => new ServerConnection(server, clusterId));
    this.#pipeline = new CommandPipeline({ clusterId, connections: this.#connections, ...limits });
    this.#pipeline.start();
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
    if (result.kind !== 'appended') throw unexpectedResult(result);
    const { placement } = result;
    const isReplay = result.isReplay && placement.batchId !== request.batchId;
    return { placement, isReplay, leader };
  }

  /** Resolves when the transaction is committed and applied. Rejects with a ClusterError. */
  async transact(transaction: Transaction, timeoutMs: number): Promise<TransactAnswer> {
    const request = { kind: 'transact', ...transaction } as const;
    const { result, leader } = await this.#pipeline.submit(request, timeoutMs);
    if (result.kind !== 'transacted' && result.kind !== 'aborted') throw unexpectedResult(result);
    return { result, leader };
  }

  /** A linearizable page, from the leader. */
  async readEntries(
    range: { readonly from: number; readonly limit: number },
    timeoutMs: number,
  ): Promise<JournalPage> {
    const request = { ...range, isLinearizable: true };
    const reply = await this.#askLeader(timeoutMs, (connection, attemptMs) =>
      connection.readEntries(request, attemptMs),
    );
    return pageOf(reply.page);
  }

  /** The page as one server sees it; it may be behind. */
  async readEntriesAt(
    server: string,
    range: { readonly from: number; readonly limit: number },
    timeoutMs: number,
  ): Promise<JournalPage> {
    const request = { ...range, isLinearizable: false };
    const reply = await this.#ask(server, connection => connection.readEntries(request, timeoutMs));
    return pageOf(reply.page);
  }

  async readBatch(batchId: string, timeoutMs: number): Promise<BatchFate> {
    const { found, notFound } = await this.#askLeader(timeoutMs, (connection, attemptMs) =>
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
        ? await this.#ask(server, connection => ask(connection, timeoutMs))
        : await (isAnywhere ? this.#askAny(timeoutMs, ask) : this.#askLeader(timeoutMs, ask));
    return keyPageOf(reply.page);
  }

  /** Tells of every change of keys with the prefix, once and in order, whatever server dies. */
  watchKeys(watch: Omit<KeyWatchOptions, 'connections'>): KeyWatch {
    return new KeyWatch({ ...watch, connections: this.#connections });
  }

  /** Hands the leadership over, and resolves with the new leader once it takes writes. */
  async transferLeadership(to: string | undefined, timeoutMs: number): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    let before: string | undefined;
    await this.#askLeader(timeoutMs, (connection, attemptMs) => {
      before = connection.id;
      return connection.transferLeadership(to, attemptMs);
    });
    while (this.leader === undefined || this.leader === before) {
      if (Date.now() > deadline) {
        throw new ClusterError('noLeader', 'the leader has handed over, no other one is known yet');
      }
      await wait(transferPollMs);
    }
    return this.leader;
  }

  async describe(server: string, timeoutMs: number): Promise<ServerDescription> {
    const { description } = await this.#ask(server, connection => connection.describe(timeoutMs));
    if (description === undefined || description === null) throw unreachableServer(server);
    return {
      server: description.server,
      leader: description.leader,
      members: description.config?.members ?? [],
      facts: description.facts.map(readGossipEntry),
      connectedPeers: description.connectedPeers,
      startedAtWallMs: description.startedAtWallMs,
      counters: description.counters ?? undefined,
      leaseRemainingMs: description.leaseRemainingMs,
    };
  }

  close(): void {
    this.#pipeline.close();
    for (const connection of this.#connections) connection.close();
  }

  async #ask<Reply extends { refused?: Refused | null }>(
    server: string,
    ask: (connection: ServerConnection) => Promise<Reply>,
  ): Promise<Reply> {
    const connection = this.#connections.find(({ id }) => id === server);
    if (connection === undefined) {
      const known = this.#connections.map(({ id }) => id).join(', ');
      throw new ClusterError('unknownServer', `there is no server "${server}", only ${known}`);
    }
    const reply = await ask(connection).catch(() => undefined);
    if (reply === undefined) throw unreachableServer(server);
    if (reply.refused) throw refusalError(reply.refused);
    return reply;
  }

  /** Asks one server after the other, until one of them can answer. */
  async #askAny<Reply extends { refused?: Refused | null }>(
    timeoutMs: number,
    ask: (connection: ServerConnection, attemptMs: number) => Promise<Reply>,
  ): Promise<Reply> {
    const deadline = Date.now() + timeoutMs;
    let refusal: Refused | undefined;
    for (const connection of this.#inTurn()) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) break;
      const attemptMs = Math.min(attemptTimeoutMs, leftMs);
      const reply = await ask(connection, attemptMs).catch(() => undefined);
      if (reply !== undefined && !reply.refused) return reply;
      refusal = reply?.refused ?? refusal;
    }
    if (refusal !== undefined) throw refusalError(refusal);
    throw new ClusterError('serverUnreachable', 'no server can be reached');
  }

  /** Every call starts with the next one, so that the work is shared. */
  #inTurn(): readonly ServerConnection[] {
    this.#turn = (this.#turn + 1) % this.#connections.length;
    return [...this.#connections.slice(this.#turn), ...this.#connections.slice(0, this.#turn)];
  }

  /** Asks one server after the other until one of them answers as the leader. */
  async #askLeader<Reply extends { refused?: Refused | null }>(
    timeoutMs: number,
    ask: (connection: ServerConnection, attemptMs: number) => Promise<Reply>,
  ): Promise<Reply> {
    const finder = new LeaderFinder(this.#connections);
    finder.named(this.#pipeline.leader);
    const deadline = Date.now() + timeoutMs;
    for (let leftMs = timeoutMs; leftMs > 0; leftMs = deadline - Date.now()) {
      const connection = finder.candidate();
      if (connection === undefined) break;
      const attemptMs = Math.min(attemptTimeoutMs, leftMs);
      const reply = await ask(connection, attemptMs).catch(() => undefined);
      if (reply !== undefined && !reply.refused) return reply;
      const refusal = reply?.refused;
      const isFinal = refusal !== null && refusal !== undefined && !isForNow(refusal);
      if (isFinal) throw refusalError(refusal);
      finder.named(refusal?.leader);
      if (refusal?.leader === undefined) await wait(Math.min(pauseMs, leftMs));
    }
    const text = 'no leader was found in time: fewer than a majority of the servers are up';
    throw new ClusterError('noLeader', text);
  }
}

const unexpectedResult = ({ kind }: Result): ClusterError =>
  new ClusterError('refused', `the cluster answered "${kind}"; it may be of another version`);

const unreachableServer = (server: string): ClusterError =>
  new ClusterError('serverUnreachable', `the server ${server} cannot be reached`);

const isForNow = ({ reason }: Refused): boolean =>
  reason === 'REFUSAL_NOT_LEADER' || reason === 'REFUSAL_HANDING_OVER';

const refusalCodes: Readonly<Partial<Record<Refused['reason'], ClusterErrorCode>>> = {
  REFUSAL_NOT_LEADER: 'noLeader',
  REFUSAL_TOO_STALE: 'tooStale',
  REFUSAL_FORGOTTEN: 'forgotten',
  REFUSAL_FUTURE: 'future',
  REFUSAL_OVERLOADED: 'overloaded',
};

const refusalError = ({ reason, detail }: Refused): ClusterError =>
  new ClusterError(refusalCodes[reason] ?? 'refused', detail);

type WirePage = NonNullable<Awaited<ReturnType<ServerConnection['readEntries']>>['page']>;

function pageOf(page: WirePage | null | undefined): JournalPage {
  const view = page?.view;
  return {
    entries: page?.entries ?? [],
    lastSeq: page?.lastSeq ?? 0,
    server: view?.server ?? '',
    term: view?.term ?? 0,
    leader: view?.leader,
    appliedIndex: view?.appliedIndex ?? 0,
    knownCommitIndex: view?.knownCommitIndex ?? 0,
  };
}
