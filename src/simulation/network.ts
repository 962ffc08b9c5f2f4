import type { Message, MessageBody, NodeId } from '../consensus/types.ts';
import type { EventQueue } from './event-queue.ts';
import type { SimulationOptions } from './options.ts';
import { mix, Random } from './random.ts';

type Link = {
  readonly random: Random;
  /** Number of faults that keep it cut. */
  cuts: number;
  extraLoss: number;
  extraDelayMs: number;
  /** Grows when the connection is reset: what was on its way is lost. */
  connection: number;
  /** By stream: messages of one type travel on one stream. */
  readonly lastArrivalMs: Map<MessageBody['type'], number>;
};

/** gRPC loses messages only with their connection; this stands for connections that come and go. */
const calmLossMax = 0.02;

/** How many messages overtake others of their stream, where the order is not kept. */
const overtaking = 0.1;

export type NetworkTotals = { sent: number; lost: number; duplicated: number };

/** Links between servers, one per direction: they delay, reorder, lose, repeat, and are cut. */
export class Network {
  readonly totals: NetworkTotals = { sent: 0, lost: 0, duplicated: 0 };
  readonly #options: SimulationOptions;
  readonly #queue: EventQueue;
  readonly #deliver: (message: Message) => void;
  readonly #links = new Map<string, Link>();
  #isCalm = false;

  constructor(options: SimulationOptions, queue: EventQueue, deliver: (message: Message) => void) {
    this.#options = options;
    this.#queue = queue;
    this.#deliver = deliver;
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  /** From now on streams keep their order and lose little: safety needs neither, liveness does. */
  calmDown(): void {
    this.#isCalm = true;
  }

  send(nowMs: number, message: Message): void {
    const { from, to } = message.envelope;
    const link = this.#link(from, to);
    const { duplication } = this.#options.network;
    const loss = Math.min(this.#options.network.loss, this.#isCalm ? calmLossMax : 1);
    this.totals.sent += 1;
    if (link.cuts > 0 || link.random.chance(loss + link.extraLoss)) {
      this.totals.lost += 1;
      return;
    }
    this.#carry(nowMs, link, message);
    if (!link.random.chance(duplication)) return;
    this.totals.duplicated += 1;
    this.#carry(nowMs, link, message);
  }

  cut(from: NodeId, to: NodeId): void {
    const link = this.#link(from, to);
    link.cuts += 1;
    link.connection += 1;
  }

  mend(from: NodeId, to: NodeId): void {
    this.#link(from, to).cuts -= 1;
  }

  isCut(from: NodeId, to: NodeId): boolean {
    return this.#link(from, to).cuts > 0;
  }

  reset(from: NodeId, to: NodeId): void {
    this.#link(from, to).connection += 1;
  }

  disturb(from: NodeId, to: NodeId, extra: { loss: number; delayMs: number }): void {
    const link = this.#link(from, to);
    link.extraLoss = extra.loss;
    link.extraDelayMs = extra.delayMs;
  }

  #carry(nowMs: number, link: Link, message: Message): void {
    const { delayMs, jitterMs, isOrdered } = this.#options.network;
    const wayMs = delayMs + link.extraDelayMs + link.random.next() * jitterMs;
    const { connection } = link;
    const { type } = message.body;
    const keepsPlace = isOrdered || this.#isCalm || !link.random.chance(overtaking);
    const earliestMs = keepsPlace ? (link.lastArrivalMs.get(type) ?? 0) : 0;
    const arrivalMs = Math.max(nowMs + wayMs, earliestMs);
    if (keepsPlace) link.lastArrivalMs.set(type, arrivalMs);
    this.#queue.push(arrivalMs, () => {
      if (link.connection === connection) this.#deliver(message);
      else this.totals.lost += 1;
    });
  }

  #link(from: NodeId, to: NodeId): Link {
    const key = `${from} ${to}`;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const place = (id: NodeId): number => Number(id.slice(1));
    const link = {
      random: new Random(mix(this.#options.seed, 3, place(from), place(to))),
      cuts: 0,
      extraLoss: 0,
      extraDelayMs: 0,
      connection: 0,
      lastArrivalMs: new Map(),
    };
    this.#links.set(key, link);
    return link;
  }
}
