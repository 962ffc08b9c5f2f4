import { beginLeaseRead, leaseReadRemainingMs } from '../consensus/leases.ts';
import type { Replica } from '../consensus/replica.ts';
import { nextDeadline, step } from '../consensus/step.ts';
import type {
  DirectoryId,
  Effect,
  Entry,
  Event,
  MemberChange,
  Message,
  MonotonicMs,
  NodeId,
  Position,
} from '../consensus/types.ts';
import { MemoryStore } from '../storage/memory-store.ts';
import type { EventQueue } from './event-queue.ts';
import { SimulationFailure } from './failure.ts';
import type { Marks } from './marks.ts';
import type { Network } from './network.ts';
import { type SimulationOptions, settingsAt } from './options.ts';
import type { Oracle, Witness } from './oracle.ts';
import { mix, Random } from './random.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { SimulatedDisk, type SimulatedSnapshot } from './simulated-disk.ts';
import { SimulatedMachine } from './simulated-machine.ts';
import { type Answer, type ReadAnswer, SimulatedRequests } from './simulated-requests.ts';

/** Everything around a server that belongs to the simulation. */
export type Surroundings = {
  readonly options: SimulationOptions;
  readonly queue: EventQueue;
  readonly network: Network;
  readonly oracle: Oracle;
  readonly marks: Marks;
  now(): number;
  server(id: NodeId): SimulatedServer | undefined;
  trace(text: string): void;
};

/** What exists only while the process runs. */
type Process = {
  readonly replica: Replica;
  readonly store: MemoryStore;
  readonly machine: SimulatedMachine;
  readonly requests: SimulatedRequests;
  tickAtMs: number;
};

/** One server: the real core, log contract and machines on a simulated clock, disk and network. */
export class SimulatedServer implements Witness {
  readonly id: NodeId;
  life = 0;
  stepCount = 0;
  isPaused = false;
  readonly #around: Surroundings;
  readonly #random: Random;
  readonly #clock: SimulatedClock;
  #listed: readonly NodeId[];
  readonly #disk: SimulatedDisk;
  #process: Process | undefined;
  #missed: (() => void)[] = [];
  #crashAfter: number | undefined;
  #hasLeft = false;

  constructor(place: number, listed: readonly NodeId[], around: Surroundings) {
    const { seed, clockDrift } = around.options;
    this.id = `n${place}` as NodeId;
    this.#around = around;
    this.#listed = listed;
    this.#random = new Random(mix(seed, 4, place));
    this.#clock = new SimulatedClock(clockDrift, this.#random);
    this.#disk = new SimulatedDisk(this.id, around.options.disk, this.#random);
  }

  get replica(): Replica | undefined {
    return this.#process?.replica;
  }

  get isLeader(): boolean {
    return this.#process?.replica.role === 'leader';
  }

  get appliedIndex(): number {
    return this.#process?.machine.state.appliedIndex ?? 0;
  }

  get isWiped(): boolean {
    // One that founds the cluster anew with its new disk is a member like the others.
    return this.#disk.wipeCount > 0 && !this.hasJoined;
  }

  get directoryId(): DirectoryId {
    return this.#disk.directoryId;
  }

  /** It has said that it was removed, or that its directory was given up, and has stopped. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  get hasJoined(): boolean {
    return this.#disk.config !== undefined;
  }

  holdsDurably(position: Position): boolean {
    return this.#disk.holdsDurably(this.#process?.store.durable ?? this.#disk.log, position);
  }

  /** The snapshot that others may get from it. */
  get snapshot(): SimulatedSnapshot | undefined {
    return this.#process === undefined ? undefined : this.#disk.snapshot;
  }

  get durableVote(): { term: number; vote: NodeId | undefined } {
    return this.#disk;
  }

  entryAt(index: number): Entry | undefined {
    return this.#process?.store.entryAt(index);
  }

  start(): void {
    if (this.#process !== undefined) return;
    this.#hasLeft = false;
    this.life += 1;
    this.isPaused = false;
    this.#disk.incarnation += 1;
    const { life } = this;
    const disk = this.#disk;
    const store = new MemoryStore(
      {
        // It takes a moment until the host hears of it; the log may have been cut meanwhile.
        persisted: (logGeneration, index) =>
          this.#after(this.#random.moment(20), () =>
            this.#hear(life, { type: 'persisted', logGeneration, index }),
          ),
        failed: error => {
          throw error;
        },
      },
      disk.recover(),
    );
    const settings = settingsAt(this.#around.options, this.id, life);
    const seed = this.#random.below(2 ** 31);
    const requests = new SimulatedRequests();
    const host = { id: this.id, disk, store, requests, random: this.#random, around: this.#around };
    const process: Process = {
      store,
      replica: disk.boot(this.#listed, settings, seed, this.#localNow()),
      machine: new SimulatedMachine({
        ...host,
        after: (delayMs, run) => this.#after(delayMs, () => this.#live(process, run)),
        hear: event => this.#hear(life, event),
      }),
      requests,
      tickAtMs: Number.POSITIVE_INFINITY,
    };
    this.#process = process;
    this.#around.trace(`${this.id} starts (boot ${disk.incarnation})`);
    this.#hear(life, { type: 'tick' });
  }

  /** The process ends. After a power loss only a part of the unfinished writes is on the disk. */
  crash(hasPower: boolean): void {
    const process = this.#process;
    if (process === undefined) return;
    const { pendingCount } = process.store;
    const surviving = hasPower ? pendingCount : this.#random.below(pendingCount + 1);
    if (surviving < pendingCount) this.#around.marks.note('unsynced writes lost');
    this.#disk.log = process.store.crash(surviving);
    this.#process = undefined;
    this.#missed = [];
    this.#crashAfter = undefined;
    this.isPaused = false;
    this.#around.trace(`${this.id} crashes${hasPower ? '' : ' (power loss)'}`);
  }

  /** The next turn that wants something done is interrupted somewhere in its effects. */
  crashSoon(chance: number): void {
    this.#crashAfter = chance;
  }

  /** The data directory is replaced by an empty one, and perhaps the configuration file. */
  wipe(listed = this.#listed): void {
    this.#listed = listed;
    this.crash(true);
    this.#disk.wipe();
    this.#around.trace(`${this.id} is wiped`);
  }

  slowDown(factor: number): void {
    this.#disk.slowness = factor;
  }

  pause(): void {
    if (this.#process !== undefined) this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    const missed = this.#missed;
    this.#missed = [];
    for (const hear of missed) hear();
  }

  receive(message: Message): void {
    this.#hear(this.life, { type: 'message', message });
  }

  connected(peer: NodeId): void {
    this.#hear(this.life, { type: 'connected', peer });
  }

  propose(payload: Uint8Array, answer: (answer: Answer) => void): void {
    const id = this.#process?.requests.addProposal(answer);
    if (id === undefined) return;
    const wallMs = this.#clock.wallAt(this.#around.now());
    this.#hear(this.life, { type: 'propose', proposals: [{ id, payload }], wallMs });
  }

  read(answer: (answer: ReadAnswer) => void): void {
    const id = this.#process?.requests.addRead(answer);
    if (id !== undefined) this.#hear(this.life, { type: 'read', id });
  }

  /** A read that asks nobody: its lease counts when it is answered, however long that took. */
  readByLease(answer: (answer: ReadAnswer) => void): void {
    const process = this.#process;
    if (process === undefined || this.isPaused) return;
    const { replica } = process;
    const read = beginLeaseRead(replica, this.#localNow());
    if (read === undefined) {
      answer(undefined);
      return;
    }
    process.requests.whenApplied(read.index, process.machine.state, value => {
      this.#after(this.#random.moment(replica.timings.leaseMs), () =>
        this.#live(process, () => {
          answer(leaseReadRemainingMs(replica, read, this.#localNow()) > 0 ? value : undefined);
        }),
      );
    });
  }

  changeMembers(changes: readonly MemberChange[]): void {
    this.#hear(this.life, { type: 'changeMembers', id: 0, changes });
  }

  handOver(): void {
    this.#hear(this.life, { type: 'handOver', id: 0, to: undefined });
  }

  #localNow(): MonotonicMs {
    return this.#clock.at(this.#around.now());
  }

  #after(delayMs: number, run: () => void): void {
    this.#around.queue.push(this.#around.now() + delayMs, run);
  }

  #hear(life: number, event: Event): void {
    const process = this.#process;
    if (life !== this.life || process === undefined) return;
    this.#live(process, () => this.#turn(process, event));
  }

  /** Runs within the process: not after its end, and not while it is paused. */
  #live(process: Process, run: () => void): void {
    if (this.#process !== process) return;
    if (this.isPaused) this.#missed.push(() => this.#live(process, run));
    else run();
  }

  #turn(process: Process, event: Event): void {
    this.stepCount += 1;
    const effects = step(process.replica, event, this.#localNow());
    const interruptedAt = this.#interruption(effects);
    for (const [place, effect] of effects.entries()) {
      if (place === interruptedAt) break;
      this.#carryOut(process, effect);
    }
    if (interruptedAt === undefined) this.#around.oracle.stepped(this);
    else this.#interrupted();
    if (this.#hasLeft) this.crash(true);
    this.#scheduleTick(process);
  }

  #interruption(effects: readonly Effect[]): number | undefined {
    const isUnremarkable = effects.every(({ type }) => type === 'send' || type === 'tell');
    if (this.#crashAfter === undefined || isUnremarkable) return undefined;
    return Math.floor(this.#crashAfter * (effects.length + 1));
  }

  #interrupted(): void {
    this.#around.marks.note('crashed between effects');
    this.crash(false);
    this.#after(this.#around.options.timings.electionTimeoutMs, () => this.start());
  }

  #scheduleTick(process: Process): void {
    if (this.#process !== process) return;
    const { now } = this.#around;
    const inMs = this.#clock.untilShows(nextDeadline(process.replica), now());
    const atMs = now() + Math.max(0.01, inMs);
    if (process.tickAtMs > now() && process.tickAtMs <= atMs) return;
    process.tickAtMs = atMs;
    const { life } = this;
    this.#around.queue.push(atMs, () => {
      if (process.tickAtMs === atMs) this.#hear(life, { type: 'tick' });
    });
  }

  #carryOut(process: Process, effect: Effect): void {
    const { oracle, network, now } = this.#around;
    switch (effect.type) {
      case 'persistVote':
        this.#disk.term = effect.term;
        this.#disk.vote = effect.vote;
        break;
      case 'persistConfig':
        this.#disk.config = effect.config;
        break;
      case 'remember':
        this.#disk.remembered = { ...this.#disk.remembered, ...effect.what };
        break;
      case 'append':
        process.store.append(effect.entries, effect.logGeneration);
        oracle.appended(this, process.replica, effect.entries);
        this.#write(process, effect.entries.length);
        break;
      case 'truncate':
        process.store.truncate(effect.fromIndex, effect.logGeneration);
        this.#write(process, 1);
        break;
      case 'resetLog':
        process.store.reset(effect.base, effect.logGeneration);
        this.#write(process, 1);
        break;
      case 'fetchSnapshot':
        process.machine.fetch(effect.source);
        break;
      case 'loadSnapshot':
        process.machine.load(effect.position);
        break;
      case 'send': {
        const [own] = effect.message.envelope.facts;
        if (own !== undefined) oracle.said(this, own.fact);
        network.send(now(), effect.message);
        break;
      }
      case 'readEntries':
        this.#readEntries(process, effect);
        break;
      case 'apply':
        process.machine.applyUpTo(effect.upTo);
        break;
      case 'removed':
        this.#hasLeft = true;
        oracle.departed(this, process.replica);
        break;
      case 'halt':
        throw new SimulationFailure(`${this.id} halts: ${effect.reason}`);
      case 'tell':
        this.#note(effect.event.type, effect.event);
        break;
      default:
        this.#note(effect.type, effect);
        process.requests.answer(effect, process.machine.state);
    }
  }

  #note(what: string, detail: object): void {
    const reason = 'reason' in detail ? `: ${detail.reason}` : '';
    const outcome = 'outcome' in detail ? `: ${(detail.outcome as { type: string }).type}` : '';
    this.#around.marks.note(`${what}${reason}${outcome}`);
    this.#around.trace(`${this.id} ${JSON.stringify(detail)}`);
  }

  /** The disk finishes its writes in their order; one may hold up those behind it. */
  #write(process: Process, count: number): void {
    this.#around.queue.push(this.#disk.finishesAt(this.#around.now()), () => {
      if (this.#process === process) process.store.completeWrites(count);
    });
  }

  #readEntries(process: Process, effect: Extract<Effect, { type: 'readEntries' }>): void {
    const { life } = this;
    const { puller, pullId } = effect;
    this.#around.marks.note('entries read from the disk for a puller');
    this.#after(this.#around.options.disk.latencyMs, () => {
      if (this.#process !== process) return;
      const entries = process.store.readNow(effect);
      this.#hear(life, { type: 'entriesRead', puller, pullId, entries });
    });
  }
}
