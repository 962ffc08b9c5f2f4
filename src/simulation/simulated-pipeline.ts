import type { Acknowledgement, AckSubscriber } from '../host/requests.ts';
import { encodeCommand, encodeRequest, encodeTransact } from '../machines/frame/command.ts';
import type { Transaction } from '../machines/transaction.ts';
import { demand } from './failure.ts';
import { mix, Random } from './random.ts';
import { randomTransaction } from './random-transaction.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

const lostOnTheWay = 0.05;
const doubledOnTheWay = 0.1;
/** Requests that share an entry, at most. */
const itemsMax = 4;

type Waiting = { readonly request: Uint8Array; sentAtMs: number };

/**
 * A client server with many commands on their way: they overtake each other, are lost, doubled and
 * sent again under their sequence numbers, and acknowledged in any order by whoever leads. Several
 * share an entry, when they are sent first and when they are sent again.
 */
export class SimulatedPipeline implements AckSubscriber {
  readonly #place: number;
  readonly #around: Surroundings;
  readonly #servers: readonly SimulatedServer[];
  readonly #random: Random;
  readonly #depth: number;
  #session: number | undefined;
  /** When a session was asked for last. */
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  /** Those that were not acknowledged, by sequence. */
  readonly #waiting = new Map<number, Waiting>();
  #server: SimulatedServer | undefined;
  #unsubscribe: (() => void) | undefined;
  #isStopped = false;

  constructor(place: number, servers: readonly SimulatedServer[], around: Surroundings) {
    this.#place = place;
    this.#servers = servers;
    this.#around = around;
    this.#random = new Random(mix(around.options.seed, 14, place));
    this.#depth = around.options.workload.pipelineDepth;
  }

  start(): void {
    const pauseMs = this.#around.options.clients.pauseMs * this.#random.between(0.2, 1);
    this.#after(pauseMs, () => {
      if (this.#isStopped) return;
      this.#goOn();
      this.start();
    });
  }

  stop(): void {
    this.#isStopped = true;
  }

  acknowledged({ sequence, result, position }: Acknowledgement): void {
    if (!this.#waiting.has(sequence) || this.#random.chance(lostOnTheWay)) return;
    // It was not acknowledged, so no floor of ours lies above it: nobody may have forgotten it.
    demand(
      result.type === 'done' || result.type === 'aborted',
      `a command on its way got ${result.type}`,
    );
    this.#waiting.delete(sequence);
    this.#around.marks.note('pipelined request acknowledged');
    const answers = result.type === 'done' ? result.answers : [];
    for (const answer of answers) {
      if (answer.op !== 'journal.append') continue;
      this.#around.oracle.acknowledged({ ...answer, ...position });
    }
  }

  ended(): void {
    this.#leave();
  }

  #goOn(): void {
    const { network, options, now } = this.#around;
    // Once all is calm it asks for little: that others are served is what counts then.
    const calmMs = network.isCalm ? 4 * options.timings.electionTimeoutMs : 0;
    if (this.#session === undefined) {
      if (now() - this.#askedAtMs >= calmMs) this.#openSession();
      return;
    }
    if (this.#unsubscribe === undefined || this.#random.chance(0.02)) this.#follow(this.#session);
    const room = (network.isCalm ? 1 : this.#depth) - this.#waiting.size;
    if (room > 0) this.#send(this.#session, this.#newOnes(Math.min(room, itemsMax)));
    const lateMs = now() - Math.max(options.clients.timeoutMs, calmMs);
    const late = [...this.#waiting].filter(([, { sentAtMs }]) => sentAtMs < lateMs);
    if (late.length > 0)
      this.#sendAgain(
        this.#session,
        late.map(([sequence]) => sequence),
      );
  }

  #newOnes(max: number): number[] {
    return Array.from({ length: 1 + this.#random.below(max) }, () => {
      this.#sequence += 1;
      const request = encodeRequest({ idempotency: undefined, transaction: this.#transaction() });
      this.#waiting.set(this.#sequence, { request, sentAtMs: 0 });
      return this.#sequence;
    });
  }

  #transaction(): Transaction {
    const name = `p${this.#place}-${this.#sequence}`;
    const { oracle, options } = this.#around;
    if (this.#random.chance(0.5)) {
      const { ttlMs } = options.workload;
      const known = { holder: 'pipeline', value: name, ttlMs, draft: oracle.chronicle.newest };
      return randomTransaction(this.#random, known);
    }
    const data = new TextEncoder().encode('[{}]');
    const append = { op: 'journal.append', batchId: name, count: 1, data } as const;
    return { compare: [], success: [append], failure: [] };
  }

  #openSession(): void {
    this.#askedAtMs = this.#around.now();
    const nonce = `pipeline ${this.#place}`;
    this.#anyServer().door.openSession(encodeCommand({ type: 'openSession', nonce }), answer => {
      if (answer.type === 'opened') this.#session ??= answer.session;
    });
  }

  /** Whoever leads, as far as it knows; it goes elsewhere when nothing comes back. */
  #follow(session: number): void {
    this.#leave();
    this.#server = this.#servers.find(({ isLeader }) => isLeader) ?? this.#anyServer();
    this.#unsubscribe = this.#server.door.subscribe(session, this);
  }

  #leave(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #sendAgain(session: number, sequences: readonly number[]): void {
    this.#around.marks.note('pipelined requests sent again', sequences.length);
    this.#leave();
    for (let place = 0; place < sequences.length; place += itemsMax) {
      this.#send(session, sequences.slice(place, place + itemsMax));
    }
  }

  /** In one entry. */
  #send(session: number, sequences: readonly number[]): void {
    const items = sequences.flatMap(sequence => {
      const waiting = this.#waiting.get(sequence);
      if (waiting === undefined) return [];
      waiting.sentAtMs = this.#around.now();
      return [{ sequence, request: waiting.request }];
    });
    if (items.length > 1) this.#around.marks.note('requests that share an entry', items.length);
    const ackedBelow = Math.min(...this.#waiting.keys());
    const payload = encodeTransact({ session, ackedBelow }, items);
    if (this.#random.chance(lostOnTheWay)) return;
    this.#deliver(payload);
    if (this.#random.chance(doubledOnTheWay)) this.#deliver(payload);
  }

  /** So late that what was sent after it may be there before it. */
  #deliver(payload: Uint8Array): void {
    const server = this.#server;
    const { delayMs, jitterMs } = this.#around.options.network;
    const wayMs = delayMs + this.#random.moment(jitterMs + this.#around.options.clients.pauseMs);
    this.#after(wayMs, () => server?.door.propose(payload));
  }

  #anyServer(): SimulatedServer {
    const [first, ...rest] = this.#servers as [SimulatedServer, ...SimulatedServer[]];
    return this.#random.pick([first, ...rest]);
  }

  #after(delayMs: number, run: () => void): void {
    this.#around.queue.push(this.#around.now() + delayMs, run);
  }
}
