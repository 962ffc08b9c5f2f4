import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { ClusterError } from '../errors/cluster-error.ts';
import { encodeRequest, encodeTransact, type TransactRequest } from '../machines/frame/command.ts';
import { decodeResult, type Result } from '../machines/frame/result.ts';
import type { Ack__Output as Ack } from '../transport/generated/gossipraft/Ack.ts';
import type { AckEntriesReply__Output as AckReply } from '../transport/generated/gossipraft/AckEntriesReply.ts';
import type { PutEntriesReply__Output as PutReply } from '../transport/generated/gossipraft/PutEntriesReply.ts';
import type { Refused__Output as Refused } from '../transport/generated/gossipraft/Refused.ts';
import { writeCommands } from '../transport/wire-commands.ts';
import { mebibyte } from '../words.ts';
import { LeaderFinder } from './leader-finder.ts';
import { LeaderStreams } from './leader-streams.ts';
import { refusalError } from './server-calls.ts';
import type { ServerConnection } from './server-connection.ts';
import type { ServerDirectory } from './server-directory.ts';
import { countThatFit, entriesOf } from './shared-entries.ts';
import { understood } from './understood.ts';

/** What the log has made of a request, in which entry, and the leader that said so. */
export type CommandAnswer = {
  readonly result: Result;
  readonly term: number;
  readonly index: number;
  readonly leader: string;
};

type Pending = {
  /** In bytes. The session is the pipeline's affair. */
  readonly request: Uint8Array;
  readonly resolve: (answer: CommandAnswer) => void;
  readonly reject: (error: ClusterError) => void;
  readonly timer: NodeJS.Timeout;
  /** Its place in the session, given when it is sent first. */
  sequence: number | undefined;
  /** It was handed to a server that did not refuse it: it may have had its effect. */
  mayHaveEffect: boolean;
  /** Why it has not been taken, as far as we know. */
  obstacle: 'noLeader' | 'overloaded';
};

type Flight = {
  readonly requestId: number;
  readonly puts: readonly { readonly pending: Pending; readonly wasOpen: boolean }[];
};

const messageMaxBytes = mebibyte;
const attemptTimeoutMs = 1000;
const pauseMs = 50;

/**
 * The way of commands to the leader: one session, one stream. What arrives while a message is on
 * its way goes with the next one. When the leader changes, everything that was not acknowledged is
 * sent again under its old sequence number, and the log sees to it that it counts once.
 */
export class CommandPipeline {
  readonly #directory: ServerDirectory;
  readonly #finder: LeaderFinder;
  /** Bytes of puts that wait here; more are turned away. */
  readonly #pendingMaxBytes: number;
  readonly #stallMs: number;
  #session: number | undefined;
  /** Where the session was opened: in another cluster, its number may be somebody else's. */
  #sessionCluster = '';
  #lastSequence = 0;
  /** To be sent, in order of their sequence. */
  #waiting: Pending[] = [];
  /** Sent on the present streams, not acknowledged yet. */
  readonly #outstanding = new Map<number, Pending>();
  #pendingBytes = 0;
  #flight: Flight | undefined;
  #requestCount = 0;
  #streams: LeaderStreams | undefined;
  #isConnecting = false;
  /** Why the servers want nothing to do with us, in their words. */
  #refusal: Refused | undefined;
  readonly #closed = new AbortController();
  #isPaused = false;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(options: {
    readonly directory: ServerDirectory;
    readonly pendingMaxBytes: number;
    /** A leader that says nothing for this long while we wait is asked for anew. */
    readonly stallMs: number;
  }) {
    this.#directory = options.directory;
    this.#finder = new LeaderFinder(options.directory);
    this.#pendingMaxBytes = options.pendingMaxBytes;
    this.#stallMs = options.stallMs;
  }

  /** The server on whose streams puts go now. */
  get leader(): string | undefined {
    return this.#streams?.server;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Connects before the first put comes. That puts a session into the log. */
  start(): void {
    this.#connect().catch(() => undefined);
  }

  /** Resolves when the transaction is committed and applied. Rejects with a ClusterError. */
  submit(transaction: TransactRequest, timeoutMs: number): Promise<CommandAnswer> {
    const request = encodeRequest(transaction);
    if (this.#pendingBytes + request.length > this.#pendingMaxBytes) {
      const text = 'too much waits for its commit at this client server already';
      return Promise.reject(new ClusterError('overloaded', text));
    }
    this.#pendingBytes += request.length;
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        request,
        resolve,
        reject,
        timer: setTimeout(() => this.#expire(pending), timeoutMs),
        sequence: undefined,
        mayHaveEffect: false,
        obstacle: 'noLeader',
      };
      this.#waiting.push(pending);
      this.#pump();
    });
  }

  close(): void {
    this.#closed.abort();
    clearTimeout(this.#stallTimer);
    this.#streams?.close();
    for (const pending of [...this.#outstanding.values(), ...this.#waiting]) this.#expire(pending);
  }

  #pump(): void {
    if (this.#streams === undefined) {
      this.#connect().catch(() => undefined);
      return;
    }
    if (this.#flight !== undefined || this.#isPaused || this.#waiting.length === 0) return;
    const batch = this.#takeBatch();
    this.#requestCount += 1;
    const puts = batch.map(pending => ({ pending, wasOpen: pending.mayHaveEffect }));
    this.#flight = { requestId: this.#requestCount, puts };
    for (const pending of batch) {
      pending.mayHaveEffect = true;
      if (pending.sequence !== undefined) this.#outstanding.set(pending.sequence, pending);
    }
    const commands = entriesOf(batch).map(entry => this.#encode(entry));
    const request = { ...this.#directory.cluster, requestId: this.#requestCount };
    this.#streams.write(writeCommands(request, commands));
    this.#watch();
  }

  #takeBatch(): Pending[] {
    const count = countThatFit(this.#waiting, { bytesMax: messageMaxBytes });
    const batch = this.#waiting.splice(0, count);
    for (const pending of batch) {
      if (pending.sequence !== undefined) continue;
      this.#lastSequence += 1;
      pending.sequence = this.#lastSequence;
    }
    return batch;
  }

  #encode(entry: readonly Pending[]): Uint8Array {
    const items = entry.map(({ sequence = 0, request }) => ({ sequence, request }));
    const ackedBelow = this.#oldestSequence(items[0]?.sequence ?? 0);
    return encodeTransact({ session: this.#session ?? 0, ackedBelow }, items);
  }

  /** Below it, nobody here waits for an answer. */
  #oldestSequence(own: number): number {
    const [oldest] = this.#outstanding.keys();
    const [waiting] = this.#waiting;
    return Math.min(oldest ?? own, waiting?.sequence ?? own, own);
  }

  #replied({ requestId, accepted, refused }: PutReply): void {
    const flight = this.#flight;
    if (flight?.requestId !== requestId) return;
    this.#flight = undefined;
    if (accepted === undefined || accepted === null) this.#refused(flight, refused);
    this.#pump();
  }

  /** The server has not taken them: on this way they have had no effect. */
  #refused({ puts }: Flight, refused: Refused | null | undefined): void {
    for (const { pending, wasOpen } of puts) {
      pending.mayHaveEffect = wasOpen;
      pending.obstacle = refused?.reason === 'REFUSAL_OVERLOADED' ? 'overloaded' : 'noLeader';
    }
    this.#requeue();
    const isForNow =
      refused?.reason === 'REFUSAL_OVERLOADED' || refused?.reason === 'REFUSAL_TRANSFERRING';
    if (isForNow) this.#pause();
    else if (isElsewhere(refused)) this.#lost(refused?.leader);
    else this.#reject(puts, refused);
  }

  #reject(puts: Flight['puts'], refused: Refused | null | undefined): void {
    const detail = refused?.detail ?? 'it gave no reason';
    const text = `the leader refused the request: ${detail}`;
    const code = refused ? refusalError(refused).code : 'notUnderstood';
    const named = refused?.transactions ?? [];
    for (const [place, { pending, wasOpen }] of puts.entries()) {
      // Those that stand in nobody's way are sent again.
      if (named.length > 0 && !named.includes(place)) continue;
      // Whose time has run out meanwhile has its answer.
      if (!this.#waiting.includes(pending)) continue;
      this.#forget(pending);
      pending.reject(wasOpen ? unknownOutcome(text) : new ClusterError(code, text));
    }
  }

  #pause(): void {
    this.#isPaused = true;
    setTimeout(() => {
      this.#isPaused = false;
      this.#pump();
    }, pauseMs);
  }

  #acked({ acks }: AckReply): void {
    for (const ack of acks) {
      const pending = this.#outstanding.get(ack.sequence);
      if (pending !== undefined) this.#settle(pending, ack);
    }
    this.#watch();
  }

  #settle(pending: Pending, { position, result: bytes }: Ack): void {
    this.#forget(pending);
    try {
      const result = understood(() => decodeResult(bytes));
      const { term, index } = position ?? { term: 0, index: 0 };
      if (result.type === 'sessionExpired') this.#sessionExpired(pending);
      else pending.resolve({ result, term, index, leader: this.#streams?.server ?? '' });
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      pending.reject(unknownOutcome(error.message));
    }
  }

  /** The cluster has forgotten our session: what had been sent in it may have worked or not. */
  #sessionExpired(pending: Pending): void {
    pending.reject(unknownOutcome('the cluster no longer knows the session of this request'));
    this.#session = undefined;
    this.#lost(this.#streams?.server);
  }

  #expire(pending: Pending): void {
    this.#forget(pending);
    if (pending.mayHaveEffect) {
      const text = 'the cluster has not said in time whether the request is committed';
      pending.reject(unknownOutcome(text));
    } else if (pending.obstacle === 'overloaded') {
      const text = 'too much waits for its commit at the leader';
      pending.reject(new ClusterError('overloaded', text));
    } else if (this.#refusal !== undefined) {
      const { code, message } = refusalError(this.#refusal);
      pending.reject(new ClusterError(code, message));
    } else {
      const text = 'no leader was found in time: fewer than a majority of the servers are up';
      pending.reject(new ClusterError('noLeader', text));
    }
  }

  #forget(pending: Pending): void {
    clearTimeout(pending.timer);
    this.#pendingBytes -= pending.request.length;
    // It stands in one place or the other; the queue is only searched when it must be there.
    if (pending.sequence !== undefined && this.#outstanding.delete(pending.sequence)) return;
    const place = this.#waiting.indexOf(pending);
    if (place >= 0) this.#waiting.splice(place, 1);
  }

  /** Everything that was sent and not acknowledged waits again, in its old order. */
  #requeue(): void {
    this.#waiting = [...this.#outstanding.values(), ...this.#waiting].sort(
      (a, b) => (a.sequence ?? Number.MAX_VALUE) - (b.sequence ?? Number.MAX_VALUE),
    );
    this.#outstanding.clear();
  }

  #lost(leaderHint: string | undefined): void {
    this.#streams?.close();
    this.#streams = undefined;
    this.#flight = undefined;
    clearTimeout(this.#stallTimer);
    this.#requeue();
    this.#finder.named(leaderHint);
    this.#connect().catch(() => undefined);
  }

  /** A leader that is alive but says nothing (paused, cut off) must not hold us for ever. */
  #watch(): void {
    clearTimeout(this.#stallTimer);
    if (this.#outstanding.size === 0) return;
    this.#stallTimer = setTimeout(() => this.#lost(undefined), this.#stallMs);
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    while (this.#streams === undefined && !this.#closed.signal.aborted) {
      const connection = this.#finder.candidate();
      if (connection === undefined) break;
      await this.#directory.identify();
      const refusal = await this.#tryServer(connection).catch(() => undefined);
      this.#note(refusal);
      if (this.#streams !== undefined) break;
      if (refusal?.leader !== undefined && refusal.leader !== connection.id) {
        this.#finder.named(refusal.leader);
      } else await wait(pauseMs);
    }
    this.#isConnecting = false;
    if (this.#closed.signal.aborted) this.#streams?.close();
    else this.#pump();
  }

  /** What a leader says of itself counts until somebody takes us; a stranger's word, once. */
  #note(refusal: Refused | undefined): void {
    const isOfLeader = this.#refusal !== undefined && !isElsewhere(this.#refusal);
    if (this.#streams !== undefined) this.#refusal = undefined;
    else if (refusal?.reason === 'REFUSAL_NOT_LEADER' || refusal === undefined) {
      if (!isOfLeader) this.#refusal = undefined;
    } else this.#refusal = refusal;
  }

  async #tryServer(connection: ServerConnection): Promise<Refused | undefined> {
    const { clusterId } = this.#directory.cluster;
    if (this.#session === undefined || this.#sessionCluster !== clusterId) {
      const reply = await connection.openSession(randomUUID(), attemptTimeoutMs);
      if (reply.sessionId === undefined) return reply.refused ?? undefined;
      this.#beginSession(reply.sessionId);
      this.#sessionCluster = clusterId;
    }
    const streams = await LeaderStreams.open(
      connection,
      this.#session ?? 0,
      attemptTimeoutMs,
      this.#closed.signal,
    );
    if (!(streams instanceof LeaderStreams)) return streams;
    this.#streams = streams;
    streams.listen({
      replied: reply => this.#replied(reply),
      acked: reply => this.#acked(reply),
      progressed: () => this.#watch(),
      lost: hint => this.#lost(hint),
    });
    return undefined;
  }

  /** Puts of an older session keep their open fate; the others begin anew in this one. */
  #beginSession(session: number): void {
    this.#session = session;
    this.#lastSequence = 0;
    for (const pending of [...this.#waiting]) {
      if (pending.mayHaveEffect) {
        this.#forget(pending);
        pending.reject(unknownOutcome('the session of this request has ended'));
      }
      pending.sequence = undefined;
    }
  }
}

/** The leader is another server; or this one belongs to another cluster. */
const isElsewhere = (refused: Refused | null | undefined): boolean =>
  refused?.reason === 'REFUSAL_NOT_LEADER' || refused?.reason === 'REFUSAL_WRONG_CLUSTER';

const unknownOutcome = (text: string): ClusterError =>
  new ClusterError('outcomeUnknown', `${text}; it may yet be`);
