import type { Entry, LogIndex, Position } from '../consensus/types.ts';
import type { CompactableLog } from '../host/surroundings.ts';
import type { LogStore } from '../storage/log-store.ts';
import type { MemoryStore } from '../storage/memory-store.ts';
import type { Random } from './random.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { type Life, never, type Surroundings } from './surroundings.ts';

/** Most of what is read is in memory still. */
const memoryHits = 0.7;

export type SimulatedLogOptions = {
  readonly life: Life;
  readonly disk: SimulatedDisk;
  readonly random: Random;
  readonly around: Surroundings;
  readonly owner: { appended(entries: readonly Entry[]): void };
};

/** The log of one life: a store in memory, and a disk that takes its time. */
export class SimulatedLog implements CompactableLog {
  readonly #store: MemoryStore;
  readonly #options: SimulatedLogOptions;

  constructor(store: MemoryStore, options: SimulatedLogOptions) {
    this.#store = store;
    this.#options = options;
  }

  get firstIndex(): LogIndex {
    return this.#store.firstIndex;
  }

  get lastIndex(): LogIndex {
    return this.#store.lastIndex;
  }

  append(entries: readonly Entry[], logGeneration: number): void {
    this.#store.append(entries, logGeneration);
    this.#options.owner.appended(entries);
    this.#write(entries.length);
  }

  truncate(fromIndex: LogIndex, logGeneration: number): void {
    this.#store.truncate(fromIndex, logGeneration);
    this.#write(1);
  }

  reset(base: Position, logGeneration: number): void {
    this.#store.reset(base, logGeneration);
    this.#write(1);
  }

  read(range: Parameters<LogStore['read']>[0]): ReturnType<LogStore['read']> {
    const { life, random, around } = this.#options;
    around.awaitRest();
    if (random.chance(memoryHits)) return this.#store.read(range);
    return life.resolveAfter(around.options.disk.latencyMs, () => this.#store.readNow(range));
  }

  /** Cuts off a part, but for a rest that stands for files which reach further. */
  compact(throughIndex: LogIndex): Promise<LogIndex | undefined> {
    const { life, around } = this.#options;
    const { compactionKeeps } = around.options;
    if (life.isOver) return never;
    if (compactionKeeps === undefined) return Promise.resolve(undefined);
    const baseIndex = (throughIndex - compactionKeeps) as LogIndex;
    const { base, entries } = this.#store.durable;
    const isThere = baseIndex > base.index && baseIndex <= base.index + entries.length;
    if (!isThere || baseIndex < this.#store.firstIndex) return Promise.resolve(undefined);
    this.#store.compact(baseIndex);
    around.marks.note('log cut');
    return Promise.resolve(baseIndex);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The disk finishes its writes in their order; one may hold up those behind it. */
  #write(count: number): void {
    const { life, disk, around } = this.#options;
    around.queue.push(disk.finishesAt(around.now()), () => {
      if (!life.isOver) this.#store.completeWrites(count);
    });
  }
}
