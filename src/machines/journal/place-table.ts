/** Where objects of the journal stand: those of one transaction. */
export type JournalPlace = {
  /** Number of the first one. */
  readonly first: number;
  /** The log entry, and the place in it of the transaction that has posted them. */
  readonly index: number;
  readonly item: number;
  /** They stand in its other branch. */
  readonly isOfFailure: boolean;
};

const initialRows = 1024;

/**
 * Places in the order of the log: numbers in arrays, 20 bytes each. Rows are written once and
 * never changed, so a capture is three arrays and two bounds.
 */
export class PlaceTable {
  #firsts = new Float64Array(initialRows);
  #indexes = new Float64Array(initialRows);
  #items = new Uint32Array(initialRows);
  #from = 0;
  #to = 0;

  get size(): number {
    return this.#to - this.#from;
  }

  add({ first, index, item, isOfFailure }: JournalPlace): void {
    if (this.#to === this.#firsts.length) this.#grow();
    this.#firsts[this.#to] = first;
    this.#indexes[this.#to] = index;
    this.#items[this.#to] = 2 * item + (isOfFailure ? 1 : 0);
    this.#to += 1;
  }

  /** Forgets the places in entries up to this one. */
  dropThrough(index: number): void {
    this.#from = countUpTo(this.#indexes, { from: this.#from, to: this.#to }, index);
  }

  /** Places from that of object `seq` on. */
  fromSeq(seq: number): Iterable<JournalPlace> {
    const behind = countUpTo(this.#firsts, { from: this.#from, to: this.#to }, seq);
    return this.#rows(Math.max(this.#from, behind - 1));
  }

  /** Places in entries from this one on. */
  fromIndex(index: number): Iterable<JournalPlace> {
    return this.#rows(countUpTo(this.#indexes, { from: this.#from, to: this.#to }, index - 1));
  }

  /** All places as they are now, whatever is added or forgotten later. */
  capture(): Iterable<JournalPlace> {
    return this.#rows(this.#from);
  }

  #rows(start: number): Iterable<JournalPlace> {
    const [firsts, indexes, items, to] = [this.#firsts, this.#indexes, this.#items, this.#to];
    return (function* rows(): Generator<JournalPlace> {
      for (let row = start; row < to; row += 1) {
        const item = items[row] ?? 0;
        yield {
          first: firsts[row] ?? 0,
          index: indexes[row] ?? 0,
          item: item >>> 1,
          isOfFailure: (item & 1) === 1,
        };
      }
    })();
  }

  /** Into new arrays: a capture may still hold the old ones. */
  #grow(): void {
    const rows = Math.max(initialRows, 2 * this.size);
    const firsts = new Float64Array(rows);
    const indexes = new Float64Array(rows);
    const items = new Uint32Array(rows);
    firsts.set(this.#firsts.subarray(this.#from, this.#to));
    indexes.set(this.#indexes.subarray(this.#from, this.#to));
    items.set(this.#items.subarray(this.#from, this.#to));
    [this.#firsts, this.#indexes, this.#items] = [firsts, indexes, items];
    this.#to -= this.#from;
    this.#from = 0;
  }
}

/** The first place in `[from, to)` with more than `limit`; the numbers there ascend. */
function countUpTo(
  numbers: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
  limit: number,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
