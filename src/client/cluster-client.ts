import { setTimeout as wait } from 'node:timers/promises';
import type { GossipEntry } from '../consensus/types.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import type { Refused__Output as Refused } from '../transport/generated/gossipraft/Refused.ts';
import { readGossipEntry } from '../transport/wire-gossip.ts';
import { LeaderFinder } from './leader-finder.ts';
import { type PutAnswer, PutPipeline, type PutRequest } from './put-pipeline.ts';
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
};

const attemptTimeoutMs = 1000;
const pauseMs = 50;

/** Talks to the cluster for people: finds the leader, retries, and says what is certain. */
export class ClusterClient {
  readonly servers: readonly ServerAddress[];
  readonly #connections: readonly ServerConnection[];
  readonly #pipeline: PutPipeline;

  constructor({ clusterId, servers, ...limits }: ClusterClientOptions) {
    this.servers = servers;
    this.#connections = servers.map(server => new ServerConnection(server, clusterId));
    this.#pipeline = new PutPipeline({ clusterId, connections: this.#connections, ...limits });
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
  put(request: PutRequest, timeoutMs: number): Promise<PutAnswer> {
    return this.#pipeline.put(request, timeoutMs);
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
    if (reply.refused) throw new ClusterError('refused', reply.refused.detail);
    return reply;
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
      if (refusal?.reason === 'REFUSAL_WRONG_CLUSTER') {
        throw new ClusterError('refused', refusal.detail);
      }
      finder.named(refusal?.leader);
      if (refusal?.leader === undefined) await wait(Math.min(pauseMs, leftMs));
    }
    const text = 'no leader was found in time: fewer than a majority of the servers are up';
    throw new ClusterError('noLeader', text);
  }
}

const unreachableServer = (server: string): ClusterError =>
  new ClusterError('serverUnreachable', `the server ${server} cannot be reached`);

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
