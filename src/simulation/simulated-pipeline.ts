import type { Acknowledgement, AckSubscriber } from '../host/requests.ts';
import { encodeCommand } from '../state-machines/command.ts';
import { demand } from './failure.ts';
import { mix, Random } from './random.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

const lostOnTheWay = 0.05;
const doubledOnTheWay = 0.1;

/**
 * A client server with many commands on their way: they overtake each other, are lost, doubled and
 * sent again under their sequence numbers, and acknowledged in any order by whoever leads.
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
  /** Sequences that were not acknowledged, and when each was sent last. */
  readonly #waiting = new Map<number, number>();
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

  acknowledged({ sequence, result }: Acknowledgement): void {
    if (!this.#waiting.has(sequence) || this.#random.chance(lostOnTheWay)) return;
    // It was not acknowledged, so no floor of ours lies above it: nobody may have forgotten it.
    demand(result.kind === 'appended', `a command on its way got ${result.kind}`);
    this.#waiting.delete(sequence);
    this.#around.marks.note('pipelined put acknowledged');
    this.#around.oracle.acknowledged(result.placement);
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
    if (this.#waiting.size < (network.isCalm ? 1 : this.#depth)) {
      this.#sequence += 1;
      this.#send(this.#session, this.#sequence);
    }
    const { timeoutMs } = options.clients;
    for (const [sequence, sentAtMs] of [...this.#waiting]) {
      if (now() - sentAtMs > Math.max(timeoutMs, calmMs)) this.#sendAgain(this.#session, sequence);
    }
  }

  #openSession(): void {
    this.#askedAtMs = this.#around.now();
    const payload = encodeCommand({ kind: 'openSession', nonce: `pipeline ${this.#place}` });
    this.#anyServer().propose(payload, answer => {
      const isOpened = answer.type === 'result' && answer.result.kind === 'sessionOpened';
      if (isOpened) this.#session ??= answer.result.session;
    });
  }

  /** Whoever leads, as far as it knows; it goes elsewhere when nothing comes back. */
  #follow(session: number): void {
    this.#leave();
    this.#server = this.#servers.find(({ isLeader }) => isLeader) ?? this.#anyServer();
    this.#unsubscribe = this.#server.subscribe(session, this);
  }

  #leave(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #sendAgain(session: number, sequence: number): void {
    this.#around.marks.note('pipelined put sent again');
    this.#leave();
    this.#send(session, sequence);
  }

  #send(session: number, sequence: number): void {
    this.#waiting.set(sequence, this.#around.now());
    const [oldest] = this.#waiting.keys();
    const payload = encodeCommand({
      kind: 'put',
      session,
      sequence,
      ackedBelow: Math.min(oldest ?? sequence, ...this.#waiting.keys()),
      batchId: `p${this.#place}-${sequence}`,
      idempotencyKey: undefined,
      fingerprint: undefined,
      count: 1,
      data: new TextEncoder().encode('[{}]'),
    });
    if (this.#random.chance(lostOnTheWay)) return;
    this.#deliver(payload);
    if (this.#random.chance(doubledOnTheWay)) this.#deliver(payload);
  }

  /** So late that what was sent after it may be there before it. */
  #deliver(payload: Uint8Array): void {
    const server = this.#server;
    const { delayMs, jitterMs } = this.#around.options.network;
    const wayMs = delayMs + this.#random.moment(jitterMs + this.#around.options.clients.pauseMs);
    this.#after(wayMs, () => server?.propose(payload, () => undefined));
  }

  #anyServer(): SimulatedServer {
    const [first, ...rest] = this.#servers as [SimulatedServer, ...SimulatedServer[]];
    return this.#random.pick([first, ...rest]);
  }

  #after(delayMs: number, run: () => void): void {
    this.#around.queue.push(this.#around.now() + delayMs, run);
  }
}
