import { assert } from '../assert.ts';
import type { Entry, LogIndex, Position, Term } from '../consensus/types.ts';
import type { LogStore, LogStoreListener, RecoveredLog } from './log-store.ts';
import { paddedBytes } from './record.ts';

/** Entries without gap, and the position before the first of them. */
export type LogContent = { readonly base: Position; readonly entries: readonly Entry[] };

export const emptyLog: LogContent = {
  base: { term: 0 as Term, index: 0 as LogIndex },
  entries: [],
};

type Pending =
  | { readonly type: 'append'; readonly entry: Entry }
  | { readonly type: 'truncate'; readonly fromIndex: number }
  | { readonly type: 'reset'; readonly base: Position };

/**
 * The log's contract in memory, with a disk whose owner decides when writes become durable and
 * what a crash leaves of them. For tests and for the simulator: no timers, no chance of its own.
 */
export class MemoryStore implements LogStore {
  readonly #listener: LogStoreListener;
  #base: Position;
  #entries: Entry[];
  #diskBase: Position;
  #disk: Entry[];
  #pending: Pending[] = [];
  #generation = 0;

  /** `disk` is what an earlier life of the store has left. */
  constructor(listener: LogStoreListener, disk: LogContent = emptyLog) {
    this.#listener = listener;
    this.#base = disk.base;
    this.#entries = [...disk.entries];
    this.#diskBase = disk.base;
    this.#disk = [...disk.entries];
  }

  get firstIndex(): LogIndex {
    return (this.#base.index + 1) as LogIndex;
  }

  get lastIndex(): LogIndex {
    return (this.#base.index + this.#entries.length) as LogIndex;
  }

  /** What would survive a power cut now. */
  get durable(): LogContent {
    return { base: this.#diskBase, entries: this.#disk };
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  append(entries: readonly Entry[], logGeneration: number): void {
    this.#generation = logGeneration;
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, 'the log has no gap');
      this.#entries.push(entry);
      this.#pending.push({ type: 'append', entry });
    }
  }

  truncate(fromIndex: LogIndex, logGeneration: number): void {
    this.#generation = logGeneration;
    this.#entries.length = fromIndex - 1 - this.#base.index;
    this.#pending.push({ type: 'truncate', fromIndex });
  }

  reset(base: Position, logGeneration: number): void {
    this.#generation = logGeneration;
    this.#base = base;
    this.#entries = [];
    this.#pending.push({ type: 'reset', base });
  }

  /** Lets go of the beginning, up to and including `baseIndex`, on the disk at once. */
  compact(baseIndex: number): void {
    const last = this.#disk[baseIndex - 1 - this.#diskBase.index];
    assert(last !== undefined, 'only what is on the disk is cut off');
    const base = { term: last.term, index: last.index };
    this.#disk.splice(0, baseIndex - this.#diskBase.index);
    this.#entries.splice(0, baseIndex - this.#base.index);
    this.#base = base;
    this.#diskBase = base;
  }

  read(range: {
    fromIndex: LogIndex;
    throughIndex: LogIndex;
    maxBytes: number;
  }): Promise<readonly Entry[]> {
    return Promise.resolve(this.readNow(range));
  }

  readNow(range: { fromIndex: number; throughIndex: number; maxBytes: number }): readonly Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (let index = range.fromIndex; index <= range.throughIndex; index += 1) {
      const entry = this.entryAt(index);
      if (entry === undefined) break;
      bytes += paddedBytes(entry.payload.length);
      if (bytes > range.maxBytes && entries.length > 0) break;
      entries.push(entry);
    }
    return entries;
  }

  entryAt(index: number): Entry | undefined {
    return this.#entries[index - 1 - this.#base.index];
  }

  /** The disk finishes the oldest `count` writes, and says so. */
  completeWrites(count: number = this.#pending.length): void {
    for (const write of this.#pending.splice(0, count)) this.#carryOut(write);
    const isSettled = !this.#pending.some(({ type }) => type !== 'append');
    const durableIndex = this.#diskBase.index + this.#disk.length;
    if (isSettled && durableIndex > 0) {
      this.#listener.persisted(this.#generation, durableIndex as LogIndex);
    }
  }

  fail(error: Error): void {
    this.#listener.failed(error);
  }

  /** The power goes: the first `survivingCount` unfinished writes happen to be on the disk. */
  crash(survivingCount: number): LogContent {
    for (const write of this.#pending.splice(0, survivingCount)) this.#carryOut(write);
    this.#pending = [];
    return this.durable;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #carryOut(write: Pending): void {
    switch (write.type) {
      case 'append':
        this.#disk.push(write.entry);
        break;
      case 'truncate':
        this.#disk.length = Math.min(this.#disk.length, write.fromIndex - 1 - this.#diskBase.index);
        break;
      case 'reset':
        this.#diskBase = write.base;
        this.#disk = [];
    }
  }
}

/** What a store with this content hands to the core at start. */
export function recoveredFrom({ base, entries }: LogContent): RecoveredLog {
  const runs: { term: Term; firstIndex: LogIndex }[] = [];
  for (const { term, index } of entries) {
    if (runs.at(-1)?.term !== term) runs.push({ term, firstIndex: index });
  }
  return { base, runs, lastIndex: (base.index + entries.length) as LogIndex, tail: entries };
}
