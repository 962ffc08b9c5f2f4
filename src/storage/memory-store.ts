import { assert } from '../assert.ts';
import type { Entry, LogIndex, Term } from '../consensus/types.ts';
import type { LogStore, LogStoreListener, RecoveredLog } from './log-store.ts';
import { paddedBytes } from './record.ts';

type Pending =
  | { readonly type: 'append'; readonly entry: Entry; readonly logGeneration: number }
  | { readonly type: 'truncate'; readonly fromIndex: number; readonly logGeneration: number };

/**
 * The log's contract in memory, with a disk whose owner decides when writes become durable and
 * what a crash leaves of them. For tests and for the simulator: no timers, no chance of its own.
 */
export class MemoryStore implements LogStore {
  readonly firstIndex = 1 as LogIndex;
  readonly #listener: LogStoreListener;
  readonly #entries: Entry[];
  readonly #disk: Entry[];
  #pending: Pending[] = [];
  #generation = 0;

  /** `disk` is what an earlier life of the store has left. */
  constructor(listener: LogStoreListener, disk: readonly Entry[] = []) {
    this.#listener = listener;
    this.#disk = [...disk];
    this.#entries = [...disk];
  }

  get lastIndex(): LogIndex {
    return this.#entries.length as LogIndex;
  }

  /** What would survive a power cut now. */
  get durableEntries(): readonly Entry[] {
    return this.#disk;
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  append(entries: readonly Entry[], logGeneration: number): void {
    this.#generation = logGeneration;
    for (const entry of entries) {
      assert(entry.index === this.#entries.length + 1, 'the log has no gap');
      this.#entries.push(entry);
      this.#pending.push({ type: 'append', entry, logGeneration });
    }
  }

  truncate(fromIndex: LogIndex, logGeneration: number): void {
    this.#generation = logGeneration;
    this.#entries.length = fromIndex - 1;
    this.#pending.push({ type: 'truncate', fromIndex, logGeneration });
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
    return this.#entries[index - 1];
  }

  /** The disk finishes the oldest `count` writes, and says so. */
  completeWrites(count: number = this.#pending.length): void {
    for (const write of this.#pending.splice(0, count)) this.#carryOut(write);
    const isSettled = !this.#pending.some(({ type }) => type === 'truncate');
    if (isSettled && this.#disk.length > 0) {
      this.#listener.persisted(this.#generation, this.#disk.length as LogIndex);
    }
  }

  fail(error: Error): void {
    this.#listener.failed(error);
  }

  /** The power goes: the first `survivingCount` unfinished writes happen to be on the disk. */
  crash(survivingCount: number): readonly Entry[] {
    for (const write of this.#pending.splice(0, survivingCount)) this.#carryOut(write);
    this.#pending = [];
    return this.#disk;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #carryOut(write: Pending): void {
    if (write.type === 'append') this.#disk.push(write.entry);
    else this.#disk.length = Math.min(this.#disk.length, write.fromIndex - 1);
  }
}

/** What a store with these entries hands to the core at start. */
export function recoveredFrom(entries: readonly Entry[]): RecoveredLog {
  const runs: { term: Term; firstIndex: LogIndex }[] = [];
  for (const { term, index } of entries) {
    if (runs.at(-1)?.term !== term) runs.push({ term, firstIndex: index });
  }
  return { runs, lastIndex: entries.length as LogIndex, tail: entries };
}
