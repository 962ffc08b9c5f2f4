import type { Replica } from '../consensus/replica.ts';
import type { Effect, Entry, Message } from '../consensus/types.ts';
import { type CreatedHost, createHost } from '../host/create-host.ts';
import { LogCut } from '../host/journal-reader.ts';
import type { QueryReply } from '../host/queries.ts';
import { type ReadDemand, ReadGate, type Reply } from '../host/read-gate.ts';
import type { Archive, Clock, Timers } from '../host/surroundings.ts';
import { usualLimits } from '../machines/keys/state.ts';
import type { QueryFields, QueryName } from '../machines/machines.ts';
import { MemoryStore } from '../storage/memory-store.ts';
import type { NodeId } from '../words.ts';
import { settingsAt } from './options.ts';
import { mix, Random } from './random.ts';
import type { Asked } from './server-answers.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedLog } from './simulated-log.ts';
import { SimulatedSnapshots } from './simulated-snapshots.ts';
import type { Life, Surroundings } from './surroundings.ts';

/** What a process is given by its server. */
export type ProcessOptions = {
  readonly id: NodeId;
  readonly life: number;
  readonly disk: SimulatedDisk;
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly around: Surroundings;
  readonly listed: readonly NodeId[];
  readonly owner: ProcessOwner;
  /** The commands that its version understands. */
  readonly commandLevel: number;
};

export type ProcessOwner = {
  /** A turn is about to be carried out. */
  turning(): void;
  /** A turn was carried out; or it was interrupted, as by a power loss. */
  turned(wasInterrupted: boolean): void;
  appended(entries: readonly Entry[]): void;
  said(message: Message): void;
  removed(): void;
  halted(reason: string): void;
};

/** Payloads of this size make the snapshot intervals that the options count in entries. */
const entryBytes = 150;
/** How many entries are applied in a slice of time, without a look at the clock. */
const sliceLengths = [1, 3, 1000] as const;
const effectsOfNoNote = new Set<Effect['type']>([
  ...(['send', 'tell', 'append', 'truncate', 'resetLog', 'apply', 'persistVote'] as const),
  ...(['persistConfig', 'fetchSnapshot', 'loadSnapshot', 'removed', 'halt'] as const),
]);

/**
 * One life of a server: the very host of the real one, in a world of simulated clocks, timers,
 * disks and networks. All of it is gone at the end; while it is paused, nothing of it moves.
 */
export class SimulatedProcess implements Life {
  readonly replica: Replica;
  readonly store: MemoryStore;
  readonly host: CreatedHost;
  isPaused = false;
  isOver = false;
  readonly #gate: ReadGate;
  readonly #options: ProcessOptions;
  /** For what came later: the streams of old stay what they were. */
  readonly #later: Random;
  #missed: (() => void)[] = [];
  /** It has no time for anything else before then. */
  #busyUntilMs = 0;
  #crashAfter: number | undefined;
  /** Queries that were not answered yet. */
  #askedCount = 0;

  constructor(options: ProcessOptions) {
    const { id, life, disk, random, around, listed, commandLevel } = options;
    this.#options = options;
    this.#later = new Random(mix(around.options.seed, 10, Number(id.slice(1)), life));
    this.store = new MemoryStore(
      {
        // It takes a moment until the host hears of it; the log may have been cut meanwhile.
        persisted: (logGeneration, index) =>
          this.after(random.moment(20), () =>
            this.host.host.dispatch({ type: 'persisted', logGeneration, index }),
          ),
        failed: error => {
          throw error;
        },
      },
      disk.recover(),
    );
    const settings = settingsAt(around.options, id, life);
    const seed = random.below(2 ** 31);
    const clock = this.#clock();
    const now = clock.monotonicNow();
    this.replica = disk.boot(listed, settings, { seed, now, commandLevel });
    this.host = this.#createHost(clock);
    this.#gate = new ReadGate(this.host);
  }

  get archive(): Archive {
    return this.#options.disk.archive;
  }

  start(): void {
    this.host.start((effects, runEffect) => this.#runTurn(effects, runEffect));
  }

  /** It ends; the first `surviving` unfinished writes happen to be on the disk. */
  end(surviving: number): void {
    this.isOver = true;
    this.#options.disk.log = this.store.crash(surviving);
    this.host.stop().catch(() => undefined);
  }

  /** The next turn that wants something done is interrupted somewhere in its effects. */
  crashSoon(chance: number | undefined): void {
    this.#crashAfter = chance;
  }

  resume(): void {
    this.isPaused = false;
    const missed = this.#missed;
    this.#missed = [];
    for (const hear of missed) hear();
  }

  /** Runs within the process: not after its end, and not while it is paused or busy. */
  live(run: () => void): void {
    const { now, queue } = this.#options.around;
    if (this.isOver) return;
    // Any event may bring what a query waits for.
    if (this.#askedCount > 0) this.#options.around.awaitRest();
    if (this.isPaused) this.#missed.push(() => this.live(run));
    else if (now() < this.#busyUntilMs) queue.push(this.#busyUntilMs, () => this.live(run));
    else run();
  }

  /** A bounded read must be answered or refused within its bound. */
  read<T>(demand: ReadDemand, look: () => T, reply: Reply<T>): void {
    let isAnswered = false;
    this.#gate.read<T>(demand, look, answer => {
      isAnswered = true;
      reply(answer);
    });
    if (demand.consistency !== 'bounded' || isAnswered) return;
    // In the time of a process that may be paused meanwhile, and whose clock may be slow.
    this.after(2 * demand.maxStalenessMs + 1, () => {
      const { id, around } = this.#options;
      if (!isAnswered) around.fail(`${id} does not answer a bounded read`);
    });
  }

  /** A query as the server asks it for its clients; what came of it, if this life lasts. */
  ask({ name, query, demand }: Asked, tell: (reply: QueryReply<QueryName>) => void): void {
    const { around, id } = this.#options;
    this.#askedCount += 1;
    around.awaitRest();
    this.host.queries
      .ask(name as QueryName, query as QueryFields<QueryName>, demand)
      .then(reply => {
        this.#askedCount -= 1;
        if (!this.isOver) tell(reply);
      })
      .catch((error: Error) => around.fail(`${id}: ${error.message}`));
  }

  after(delayMs: number, run: () => void): void {
    const { now, queue } = this.#options.around;
    queue.push(now() + delayMs, () => this.live(run));
  }

  /** Resolves after a while, if the process still lives then. */
  resolveAfter<T>(delayMs: number, value: () => T): Promise<T> {
    return new Promise(resolve =>
      this.after(delayMs, () => {
        this.#options.around.awaitRest();
        resolve(value());
      }),
    );
  }

  /** It is held up in the middle of what it does: its clock goes on, and nothing is heard. */
  stall(durationMs: number): void {
    this.#busyUntilMs = this.#now() + durationMs;
  }

  /** What it does leaves it only now. */
  afterStall(run: () => void): void {
    const delayMs = this.#now() - this.#options.around.now();
    if (delayMs > 0) this.after(delayMs, run);
    else run();
  }

  #now(): number {
    return Math.max(this.#options.around.now(), this.#busyUntilMs);
  }

  #createHost(clock: Clock): CreatedHost {
    const { id, disk, around, owner, commandLevel } = this.#options;
    const { snapshotInterval, workload } = around.options;
    return createHost({
      replica: this.replica,
      state: disk.load(commandLevel),
      snapshot: { position: disk.snapshotPosition, sizeBytes: 0 },
      clock,
      timers: this.#timers(),
      log: new SimulatedLog(this.store, { life: this, disk, random: this.#later, around, owner }),
      metadata: disk,
      archive: disk.archive,
      snapshotStore: new SimulatedSnapshots(this, this.#options),
      outbox: {
        send: message => {
          owner.said(message);
          around.network.send(this.#now(), message);
        },
      },
      observer: {
        applied: ({ index }, outcomes) => around.oracle.applied(id, index, outcomes),
        skippedTo: () => undefined,
        told: event => this.#note(event),
        snapshotSaved: () => around.marks.note('snapshot saved'),
        snapshotFailed: error => this.#snapshotFailed(error),
      },
      listener: {
        onConfig: () => undefined,
        onRemoved: () => owner.removed(),
        onHalt: reason => owner.halted(reason),
        onMetadataFailure: error => around.fail(`${id} halts: ${error.message}`),
      },
      limits: {
        snapshotIntervalBytes:
          snapshotInterval === 0 ? Number.POSITIVE_INFINITY : snapshotInterval * entryBytes,
        idempotencyMaxBytes: workload.idempotencyMaxBytes,
        history: { ...usualLimits, setsMax: workload.historySetsMax },
      },
      retention: { maxBytes: undefined, maxAgeMs: undefined },
    });
  }

  #snapshotFailed(error: Error): void {
    const { around, id } = this.#options;
    // One that came from elsewhere has taken the place of the log meanwhile.
    if (error instanceof LogCut) around.marks.note('a snapshot was overtaken');
    else around.fail(`${id} saves no snapshot: ${error.message}`);
  }

  #runTurn(effects: readonly Effect[], runEffect: (effect: Effect) => void): void {
    this.#options.owner.turning();
    const interruptedAt = this.#interruption(effects);
    for (const [place, effect] of effects.entries()) {
      if (place === interruptedAt) break;
      if (!effectsOfNoNote.has(effect.type)) {
        this.#note(effect.type === 'answered' ? effect.answer : effect);
      }
      runEffect(effect);
    }
    this.#options.owner.turned(interruptedAt !== undefined);
  }

  #interruption(effects: readonly Effect[]): number | undefined {
    const isUnremarkable = effects.every(({ type }) => type === 'send' || type === 'tell');
    if (this.#crashAfter === undefined || isUnremarkable) return undefined;
    return Math.floor(this.#crashAfter * (effects.length + 1));
  }

  #note(what: { readonly type: string }): void {
    const { marks, trace } = this.#options.around;
    const reason = 'reason' in what ? `: ${what.reason}` : '';
    marks.note(`${what.type}${reason}`);
    trace?.(`${this.#options.id} ${JSON.stringify(what)}`);
  }

  #clock(): Clock {
    const { clock } = this.#options;
    return {
      monotonicNow: () => clock.at(this.#now()),
      wallNow: () => clock.wallAt(this.#now()),
    };
  }

  #timers(): Timers {
    const { clock } = this.#options;
    return {
      after: (delayMs, run) => {
        let isWanted = true;
        this.after(Math.max(0.01, clock.trueDuration(delayMs)), () => {
          if (isWanted) run();
        });
        return () => {
          isWanted = false;
        };
      },
      turnOfTheOthers: () => this.resolveAfter(0.1 * this.#later.next(), () => undefined),
      slice: () => {
        let left: number = this.#later.pick(sliceLengths);
        return () => {
          left -= 1;
          return left <= 0;
        };
      },
    };
  }
}
