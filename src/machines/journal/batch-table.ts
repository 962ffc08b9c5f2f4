import { hashOf } from '../frame/text-hash.ts';

/** A batch of objects that were posted together: where it stands in the journal and in the log. */
export type PostedBatch = {
  /** Numbers of its first and last object; the journal counts from 1 without gap. */
  readonly first: number;
  readonly last: number;
  /** The log entry that holds it. */
  readonly term: number;
  readonly index: number;
};

/** What stands for the batch's id, which is not kept. */
export type BatchId = ReturnType<typeof hashOf>;
export type BatchRow = PostedBatch & { readonly id: BatchId };

const rowsMin = 1024;
const idWords = 4;
const numbersPerRow = 4;
/** Slots hold places of rows, from 1 on. */
const emptySlot = 0;
/** Slots for each row, so that most ids are found at their first slot. */
const slotsPerRow = 2;

/**
 * The newest batches by their ids: numbers in arrays, 56 bytes each. A map of objects costs the
 * garbage collector as much per batch as all the rest of a put together.
 *
 * An id that comes again stands for its newest batch; the row of the older one stays in line, so
 * that who restores a capture forgets the same rows at the same time.
 */
export class BatchTable {
  readonly #rowsMax: number;
  #ids = new Uint32Array(idWords * rowsMin);
  #numbers = new Float64Array(numbersPerRow * rowsMin);
  #slots = new Uint32Array(slotsPerRow * rowsMin);
  /** Rows count on; each stands at its number modulo the size of the arrays, a power of two. */
  #oldest = 0;
  #next = 0;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  get size(): number {
    return this.#next - this.#oldest;
  }

  get(batchId: string): PostedBatch | undefined {
    const place = this.#slots[this.#slotOf(hashOf(batchId))] ?? emptySlot;
    return place === emptySlot ? undefined : batchAt(this.#numbers, place - 1);
  }

  set(batchId: string, batch: PostedBatch): void {
    this.add(hashOf(batchId), batch);
  }

  add(id: BatchId, { first, last, term, index }: PostedBatch): void {
    if (this.size === this.#rowsMax) this.#dropOldest();
    if (this.size === this.#capacity) this.#grow();
    const place = this.#placeOf(this.#next);
    this.#next += 1;
    const [ids, atId] = [this.#ids, idWords * place];
    ids[atId] = id[0];
    ids[atId + 1] = id[1];
    ids[atId + 2] = id[2];
    ids[atId + 3] = id[3];
    const [numbers, at] = [this.#numbers, numbersPerRow * place];
    numbers[at] = first;
    numbers[at + 1] = last;
    numbers[at + 2] = term;
    numbers[at + 3] = index;
    this.#slots[this.#slotOf(id)] = place + 1;
  }

  /** All rows as they are now, the oldest first. */
  capture(): Iterable<BatchRow> {
    const [ids, numbers, capacity] = [this.#ids.slice(), this.#numbers.slice(), this.#capacity];
    const [oldest, next] = [this.#oldest, this.#next];
    return (function* rows(): Generator<BatchRow> {
      for (let row = oldest; row < next; row += 1) {
        const place = row % capacity;
        yield { id: idAt(ids, place), ...batchAt(numbers, place) };
      }
    })();
  }

  get #capacity(): number {
    return this.#ids.length / idWords;
  }

  #placeOf(row: number): number {
    return row % this.#capacity;
  }

  /** The slot of the id, or the empty one where it would stand. */
  #slotOf(id: BatchId): number {
    const mask = this.#slots.length - 1;
    for (let slot = id[0] & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] ?? emptySlot;
      if (place === emptySlot || isIdAt(this.#ids, place - 1, id)) return slot;
    }
  }

  #dropOldest(): void {
    const place = this.#placeOf(this.#oldest);
    const slot = this.#slotOf(idAt(this.#ids, place));
    this.#oldest += 1;
    // Else its id has come again since, and stands for a newer batch.
    if (this.#slots[slot] === place + 1) this.#empty(slot);
  }

  /** Closes the gap for those that had to go past the slot. */
  #empty(emptied: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = emptied;
    for (let slot = (gap + 1) & mask; ; slot = (slot + 1) & mask) {
      const next = slots[slot] ?? emptySlot;
      if (next === emptySlot) break;
      const home = (this.#ids[idWords * (next - 1)] ?? 0) & mask;
      // It stays where it is if the way from its home to it does not lead over the gap.
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = next;
      gap = slot;
    }
    slots[gap] = emptySlot;
  }

  #grow(): void {
    const rows = [...this.capture()];
    const capacity = 2 * this.#capacity;
    this.#ids = new Uint32Array(idWords * capacity);
    this.#numbers = new Float64Array(numbersPerRow * capacity);
    this.#slots = new Uint32Array(slotsPerRow * capacity);
    [this.#oldest, this.#next] = [0, 0];
    for (const { id, ...batch } of rows) this.add(id, batch);
  }
}

const idAt = (ids: Uint32Array, place: number): BatchId => [
  ids[idWords * place] ?? 0,
  ids[idWords * place + 1] ?? 0,
  ids[idWords * place + 2] ?? 0,
  ids[idWords * place + 3] ?? 0,
];

const isIdAt = (ids: Uint32Array, place: number, [id1, id2, id3, id4]: BatchId): boolean =>
  ids[idWords * place] === id1 &&
  ids[idWords * place + 1] === id2 &&
  ids[idWords * place + 2] === id3 &&
  ids[idWords * place + 3] === id4;

const batchAt = (numbers: Float64Array, place: number): PostedBatch => ({
  first: numbers[numbersPerRow * place] ?? 0,
  last: numbers[numbersPerRow * place + 1] ?? 0,
  term: numbers[numbersPerRow * place + 2] ?? 0,
  index: numbers[numbersPerRow * place + 3] ?? 0,
});
