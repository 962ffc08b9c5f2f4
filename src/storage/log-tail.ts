import { assert } from '../assert.ts';
import type { Entry } from '../consensus/types.ts';
import { paddedBytes } from './record.ts';

/**
 * The newest entries of a log, in memory: all that are not on the disk yet, and of the others as
 * many as `maxBytes` allows.
 */
export class LogTail {
  readonly #maxBytes: number;
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #lastIndex: number;
  /** Entries up to here may be forgotten. */
  #releasedIndex: number;

  constructor(lastIndex: number, maxBytes: number) {
    this.#lastIndex = lastIndex;
    this.#releasedIndex = Number.POSITIVE_INFINITY;
    this.#maxBytes = maxBytes;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** The oldest entry that is still here; one beyond the last when there is none. */
  get firstIndex(): number {
    return this.#entries[0]?.index ?? this.#lastIndex + 1;
  }

  get sizeBytes(): number {
    return this.#bytes;
  }

  entries(): readonly Entry[] {
    return [...this.#entries];
  }

  push(entry: Entry): void {
    assert(entry.index === this.#lastIndex + 1, 'the tail has no gap');
    this.#entries.push(entry);
    this.#bytes += paddedBytes(entry.payload.length);
    this.#lastIndex = entry.index;
    this.#trim();
  }

  /** Entries up to `index` are on the disk. */
  release(index: number): void {
    this.#releasedIndex = index;
    this.#trim();
  }

  truncate(fromIndex: number): void {
    while ((this.#entries.at(-1)?.index ?? 0) >= fromIndex) {
      const entry = this.#entries.pop();
      if (entry !== undefined) this.#bytes -= paddedBytes(entry.payload.length);
    }
    this.#lastIndex = fromIndex - 1;
    this.#releasedIndex = Math.min(this.#releasedIndex, this.#lastIndex);
  }

  /** Forgets all entries; the next one follows `lastIndex`. */
  reset(lastIndex: number): void {
    this.#entries.length = 0;
    this.#bytes = 0;
    this.#lastIndex = lastIndex;
    this.#releasedIndex = lastIndex;
  }

  /** Undefined when the first entry of the range is no longer in memory. */
  read(range: { fromIndex: number; throughIndex: number; maxBytes: number }): Entry[] | undefined {
    if (range.fromIndex > this.#lastIndex) return [];
    const first = this.#entries[0];
    if (first === undefined || range.fromIndex < first.index) return undefined;
    const begin = range.fromIndex - first.index;
    let end = begin;
    let bytes = 0;
    for (let entry = this.#entries[end]; entry !== undefined; entry = this.#entries[end]) {
      bytes += paddedBytes(entry.payload.length);
      if (entry.index > range.throughIndex || (bytes > range.maxBytes && end > begin)) break;
      end += 1;
    }
    return this.#entries.slice(begin, end);
  }

  /** Waits for twice the allowed bytes, so that forgetting costs nothing per entry. */
  #trim(): void {
    if (this.#bytes <= 2 * this.#maxBytes) return;
    let count = 0;
    for (const entry of this.#entries) {
      if (this.#bytes <= this.#maxBytes || entry.index > this.#releasedIndex) break;
      this.#bytes -= paddedBytes(entry.payload.length);
      count += 1;
    }
    this.#entries.splice(0, count);
  }
}
