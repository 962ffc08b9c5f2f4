import type { Acknowledgement } from '../host/requests.ts';
import {
  encodeCommand,
  encodeRequest,
  encodeTransact,
  type Idempotency,
} from '../machines/frame/command.ts';
import type { Transaction, TransactionResult } from '../machines/transaction.ts';
import { demand, SimulationFailure } from './failure.ts';
import { anyKey, randomKeyWrite } from './key-write.ts';
import { mix, Random } from './random.ts';
import { randomTransaction } from './random-transaction.ts';
import type { ProposalOutcome } from './server-answers.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

/** Answers and requests get lost between clients and servers, too. */
const lossOfAnswers = 0.05;

const quorum = { consistency: 'quorum', maxStalenessMs: 0 } as const;

type Write = {
  readonly transaction: Transaction;
  readonly idempotency?: Idempotency | undefined;
  /** Takes note of what became of it, in which entry. */
  readonly done: (result: TransactionResult, place: Place) => void;
};
type Outstanding = Write & {
  readonly session: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  tries: number;
};
type Place = Acknowledgement['position'];

/** A client as a client server is one: it retries under one session and sequence number. */
export class SimulatedClient {
  /** Batches that were acknowledged. */
  ackedCount = 0;
  readonly #place: number;
  readonly #around: Surroundings;
  readonly #servers: readonly SimulatedServer[];
  readonly #random: Random;
  readonly #later: Random;
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
    const { seed } = around.options;
    this.#random = new Random(mix(seed, 5, place));
    this.#later = new Random(mix(seed, 15, place));
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
    if (this.#session === undefined) this.#openSession();
    else if (this.#random.chance(0.2)) this.#read();
    else {
      this.#outstanding = this.#newWrite(this.#session);
      this.#write();
    }
  }

  #newWrite(session: number): Outstanding {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const name = `${this.#place}-${sequence}`;
    const write = this.#anyWrite(name);
    const { transaction, idempotency } = write;
    const request = encodeRequest({ idempotency, transaction });
    const payload = encodeTransact({ session, ackedBelow: sequence }, [{ sequence, request }]);
    return { ...write, session, sequence, payload, tries: 0 };
  }

  #anyWrite(name: string): Write {
    if (this.#later.chance(0.3)) return this.#newMixture(name);
    return this.#random.chance(0.5) ? this.#newPut(name) : this.#newKeyWrite(name);
  }

  #openSession(): void {
    const attempt = this.#begin();
    const nonce = `${this.#place} ${this.#attempt}`;
    this.#server().door.openSession(encodeCommand({ type: 'openSession', nonce }), answer => {
      this.#answered(attempt, () => {
        if (answer.type === 'opened') this.#session = answer.session;
        else this.#refused(answer);
        this.#rest();
      });
    });
  }

  #newPut(batchId: string): Write {
    const count = 1 + this.#random.below(this.#around.options.clients.batchMax);
    const { hasWeakReads } = this.#around.options.workload;
    // Where objects are read, each is another one.
    const object = (place: number): string => (hasWeakReads ? `"${batchId}.${place}"` : '{}');
    const objects = Array.from({ length: count }, (_, place) => object(place));
    const data = new TextEncoder().encode(`[${objects.join()}]`);
    const append = { op: 'journal.append', batchId, count, data } as const;
    return {
      transaction: { compare: [], success: [append], failure: [] },
      idempotency: this.#idempotency('put'),
      done: (result, place) => {
        demand(result.type === 'done', `a put got ${result.type}`);
        const [answer] = result.answers;
        if (answer?.op !== 'journal.append') throw new SimulationFailure('a put was not answered');
        this.#around.oracle.acknowledged({ ...answer, ...place });
      },
    };
  }

  /** The same for a while, and for all clients: so the same write is sent by several. */
  #idempotency(kind: string): Idempotency | undefined {
    const { workload, timings } = this.#around.options;
    if (!workload.hasIdempotencyKeys || !this.#later.chance(0.4)) return undefined;
    const round = Math.floor(this.#around.now() / (2 * timings.electionTimeoutMs));
    const key = `${round}-${this.#later.below(3)}`;
    const use = this.#later.chance(0.1) ? `another ${kind}` : kind;
    return { key, fingerprint: `${key} for ${use}` };
  }

  /** Anything with any machines: the chronicle judges what comes of it. */
  #newMixture(value: string): Write {
    const { oracle, options } = this.#around;
    const { ttlMs } = options.workload;
    const known = { holder: `${this.#place}`, value, ttlMs, draft: oracle.chronicle.newest };
    return {
      transaction: randomTransaction(this.#later, known),
      idempotency: this.#idempotency('mixture'),
      done: ({ type }) => this.#around.marks.note(`transaction across machines ${type}`),
    };
  }

  #newKeyWrite(value: string): Write {
    const write = randomKeyWrite(this.#random, value);
    const answered = this.#around.oracle.keys.begin(write.key, write.action);
    const { transaction } = write;
    return { transaction, done: result => answered(write.actionDone(result)) };
  }

  #write(): void {
    const outstanding = this.#outstanding;
    if (outstanding === undefined) return;
    outstanding.tries += 1;
    if (outstanding.tries === 2) this.#around.marks.note('write retried');
    const attempt = this.#begin();
    this.#server().door.submit(outstanding, outstanding.payload, answer => {
      this.#answered(attempt, () => {
        if (answer.type === 'acknowledged') this.#acknowledged(outstanding, answer.ack);
        else if (answer.type === 'notAdmitted') this.#done('no room for an idempotency key');
        else this.#refused(answer);
      });
    });
  }

  #acknowledged({ done }: Outstanding, { result, position }: Acknowledgement): void {
    switch (result.type) {
      case 'remembered': {
        const { term, index, isReplay } = result;
        if (!isReplay && index < position.index)
          this.#around.marks.note('retried write found done');
        done(result.result, { term, index } as Place);
        this.#done(isReplay ? 'idempotency key of another found used' : 'write remembered');
        break;
      }
      case 'keyReused':
        this.#done('idempotency key refused to another request');
        break;
      case 'idempotencyFull':
        this.#done('no room for an idempotency key');
        break;
      case 'sessionExpired':
        throw new SimulationFailure('a session was forgotten');
      default:
        done(result, position);
        this.#done('write done');
    }
  }

  #done(what: string): void {
    this.#around.marks.note(what);
    this.#outstanding = undefined;
    this.ackedCount += 1;
    this.#rest();
  }

  #read(): void {
    const { oracle } = this.#around;
    const ackedBefore = oracle.lastAckedSeq;
    const key = anyKey(this.#random);
    const calledAt = oracle.keys.now();
    const attempt = this.#begin();
    const shownBefore = oracle.chronicle.shownBy(this.#server().lifeName);
    this.#server().door.read(quorum, key, found => {
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

  #refused(answer: ProposalOutcome): void {
    const leader = answer.type === 'refused' ? answer.leader : undefined;
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
