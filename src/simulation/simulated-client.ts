import { encodeCommand } from '../state-machines/command.ts';
import type { Result } from '../state-machines/result.ts';
import { SimulationFailure } from './failure.ts';
import { anyKey, randomKeyWrite } from './key-write.ts';
import { mix, Random } from './random.ts';
import type { ProposalOutcome } from './server-answers.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';
import { TimedWrites } from './timed-write.ts';

/** Answers and requests get lost between clients and servers, too. */
const lossOfAnswers = 0.05;

const quorum = { consistency: 'quorum', maxStalenessMs: 0 } as const;

type Outstanding = {
  readonly payload: Uint8Array;
  /** Takes note of what became of it. */
  readonly done: (result: Result) => void;
  tries: number;
};

/** A client as a client server is one: it retries under one session and sequence number. */
export class SimulatedClient {
  /** Batches that were acknowledged. */
  ackedCount = 0;
  readonly #place: number;
  readonly #around: Surroundings;
  readonly #servers: readonly SimulatedServer[];
  readonly #random: Random;
  readonly #later: Random;
  readonly #timedWrites: TimedWrites;
  #session: number | undefined;
  #sequence = 0;
  #target: number;
  #outstanding: Outstanding | undefined;
  /** Answers to earlier tries are ignored. */
  #attempt = 0;
  #timeoutMs: number;
  #isStopped = false;

  constructor(place: number, servers: readonly SimulatedServer[], around: Surroundings) {
    this.#place = place;
    this.#servers = servers;
    this.#around = around;
    const { seed, workload } = around.options;
    this.#random = new Random(mix(seed, 5, place));
    this.#later = new Random(mix(seed, 15, place));
    this.#timedWrites = new TimedWrites(`${place}`, workload.ttlMs, this.#later);
    this.#target = this.#random.below(servers.length);
    this.#timeoutMs = around.options.clients.timeoutMs;
  }

  start(): void {
    this.#after(this.#around.options.clients.pauseMs * this.#random.next(), () => this.#next());
  }

  /** From now on it waits long enough for an answer; impatience is a fault, too. */
  calmDown(): void {
    const { electionTimeoutMs } = this.#around.options.timings;
    this.#timeoutMs = Math.max(this.#timeoutMs, 2 * electionTimeoutMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#attempt += 1;
  }

  #after(delayMs: number, run: () => void): void {
    this.#around.queue.push(this.#around.now() + delayMs, run);
  }

  /** Decides what to do next, once nothing is outstanding. */
  #next(): void {
    if (this.#session === undefined) this.#try(this.#openSession(), result => this.#opened(result));
    else if (this.#random.chance(0.2)) this.#read();
    else {
      this.#outstanding = this.#newWrite(this.#session);
      this.#write();
    }
  }

  #newWrite(session: number): Outstanding {
    const isTimed = this.#around.options.workload.ttlMs > 0 && this.#later.chance(0.3);
    if (isTimed) return this.#newTimedWrite(session);
    return this.#random.chance(0.5) ? this.#newPut(session) : this.#newKeyWrite(session);
  }

  #openSession(): Uint8Array {
    return encodeCommand({ kind: 'openSession', nonce: `${this.#place} ${this.#attempt}` });
  }

  #opened(result: Result): void {
    if (result.kind !== 'sessionOpened') throw new SimulationFailure(`got ${result.kind}`);
    this.#session = result.session;
    this.#rest();
  }

  #newPut(session: number): Outstanding {
    this.#sequence += 1;
    const count = 1 + this.#random.below(this.#around.options.clients.batchMax);
    const { hasWeakReads } = this.#around.options.workload;
    const batchId = `${this.#place}-${this.#sequence}`;
    // Where objects are read, each is another one.
    const object = (place: number): string => (hasWeakReads ? `"${batchId}.${place}"` : '{}');
    const objects = Array.from({ length: count }, (_, place) => object(place));
    const idempotencyKey = this.#idempotencyKey();
    const payload = encodeCommand({
      kind: 'put',
      session,
      sequence: this.#sequence,
      ackedBelow: this.#sequence,
      batchId,
      idempotencyKey,
      fingerprint: idempotencyKey,
      count,
      data: new TextEncoder().encode(`[${objects.join()}]`),
    });
    const done = (result: Result): void => {
      if (result.kind === 'idempotencyFull') {
        this.#around.marks.note('no room for an idempotency key');
        return;
      }
      if (result.kind !== 'appended') throw new SimulationFailure(`a put got ${result.kind}`);
      if (result.isReplay) {
        const isOurs = result.placement.batchId === batchId;
        const what = isOurs ? 'retried put found done' : 'idempotency key of another found used';
        this.#around.marks.note(what);
      }
      this.#around.oracle.acknowledged(result.placement);
    };
    return { payload, done, tries: 0 };
  }

  /** The same for a while, and for all clients: so the same write is posted by several. */
  #idempotencyKey(): string | undefined {
    const { workload, timings } = this.#around.options;
    if (!workload.hasIdempotencyKeys || !this.#later.chance(0.4)) return undefined;
    const round = Math.floor(this.#around.now() / (2 * timings.electionTimeoutMs));
    return `${round}-${this.#later.below(3)}`;
  }

  #newTimedWrite(session: number): Outstanding {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const { transaction, done } = this.#timedWrites.next(`${this.#place}-${sequence}`);
    const frame = { session, sequence, ackedBelow: sequence };
    const payload = encodeCommand({ kind: 'transact', ...frame, ...transaction });
    return { payload, done, tries: 0 };
  }

  #newKeyWrite(session: number): Outstanding {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const write = randomKeyWrite(this.#random, `${this.#place}-${sequence}`);
    const frame = { session, sequence, ackedBelow: sequence };
    const payload = encodeCommand({ kind: 'transact', ...frame, ...write.transaction });
    const answered = this.#around.oracle.keys.begin(write.key, write.action);
    return { payload, done: result => answered(write.actionDone(result)), tries: 0 };
  }

  #write(): void {
    const outstanding = this.#outstanding;
    if (outstanding === undefined) return;
    outstanding.tries += 1;
    if (outstanding.tries === 2) this.#around.marks.note('write retried');
    this.#try(outstanding.payload, result => {
      this.#outstanding = undefined;
      outstanding.done(result);
      this.ackedCount += 1;
      this.#rest();
    });
  }

  #read(): void {
    const { oracle } = this.#around;
    const ackedBefore = oracle.lastAckedSeq;
    const key = anyKey(this.#random);
    const calledAt = oracle.keys.now();
    const attempt = this.#begin();
    const shownBefore = oracle.chronicle.shownBy(this.#server().lifeName);
    this.#server().read(quorum, key, found => {
      if (found === undefined) {
        this.#answered(attempt, () => this.#elsewhere());
        return;
      }
      // Judged where it is answered: on its way the answer only gets older.
      oracle.chronicle.judgeRead(found, shownBefore);
      oracle.read(found.lastSeq, ackedBefore);
      oracle.keys.read(key, calledAt, found.value);
      this.#around.marks.note('linearizable read');
      this.#answered(attempt, () => this.#rest());
    });
  }

  #try(payload: Uint8Array, done: (result: Result) => void): void {
    const attempt = this.#begin();
    this.#server().propose(payload, answer => {
      this.#answered(attempt, () => {
        if (answer.type === 'result') done(answer.result);
        else this.#refused(answer);
      });
    });
  }

  #server(): SimulatedServer {
    const server = this.#servers[this.#target];
    if (server === undefined) throw new SimulationFailure('no such server');
    return server;
  }

  /** Starts an attempt that gives up after a while. */
  #begin(): number {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#after(this.#timeoutMs, () => {
      if (attempt === this.#attempt) this.#elsewhere();
    });
    return attempt;
  }

  #answered(attempt: number, run: () => void): void {
    if (this.#random.chance(lossOfAnswers)) return;
    this.#after(this.#around.options.network.delayMs, () => {
      if (attempt === this.#attempt) run();
    });
  }

  #refused({ leader }: Extract<ProposalOutcome, { type: 'refused' }>): void {
    const hinted = this.#servers.findIndex(({ id }) => id === leader);
    if (hinted >= 0) this.#target = hinted;
    else this.#target = this.#random.below(this.#servers.length);
    this.#rest();
  }

  #elsewhere(): void {
    this.#target = this.#random.below(this.#servers.length);
    this.#rest();
  }

  #rest(): void {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#after(this.#around.options.clients.pauseMs * this.#random.between(0.2, 1.8), () => {
      if (attempt !== this.#attempt || this.#isStopped) return;
      if (this.#outstanding === undefined) this.#next();
      else this.#write();
    });
  }
}
