/** Items of a chunk. A chunk is copied by whoever appends to a version that is not the newest. */
const chunkLength = 512;

/**
 * Items under consecutive places, appended at one end and dropped at the other, whose versions
 * share their parts: to hold one is to hold it for ever, and costs nothing.
 *
 * A chunk may hold more items than a version knows of, appended by a later one. So to append to the
 * newest version, which is what happens, copies nothing.
 */
export class Sequence<Item> {
  /** The place of the first item that is kept. */
  readonly first: number;
  /** The place that the next item gets. */
  readonly end: number;
  readonly #chunks: readonly Item[][];
  /** The place of the first item of the first chunk. */
  readonly #base: number;

  private constructor(
    { first, end, base }: { readonly first: number; readonly end: number; readonly base: number },
    chunks: readonly Item[][],
  ) {
    this.first = first;
    this.end = end;
    this.#base = base;
    this.#chunks = chunks;
  }

  /** Without items; the first one gets this place. */
  static emptyAt<Item>(first: number): Sequence<Item> {
    return new Sequence<Item>({ first, end: first, base: first }, []);
  }

  get length(): number {
    return this.end - this.first;
  }

  /** Undefined for a place whose item is dropped, or not there yet. */
  get(place: number): Item | undefined {
    if (place < this.first || place >= this.end) return undefined;
    const offset = place - this.#base;
    return this.#chunks[Math.floor(offset / chunkLength)]?.[offset % chunkLength];
  }

  with(item: Item): Sequence<Item> {
    const used = (this.end - this.#base) % chunkLength;
    const bounds = { first: this.first, end: this.end + 1, base: this.#base };
    const last = this.#chunks.at(-1);
    if (used === 0 || last === undefined) return new Sequence(bounds, [...this.#chunks, [item]]);
    if (last.length === used) {
      last.push(item);
      return new Sequence(bounds, this.#chunks);
    }
    const copy = [...last.slice(0, used), item];
    return new Sequence(bounds, this.#chunks.with(-1, copy));
  }

  /** Without the items before a place. */
  from(place: number): Sequence<Item> {
    const first = Math.min(Math.max(place, this.first), this.end);
    if (first === this.end) return Sequence.emptyAt(first);
    const gone = Math.floor((first - this.#base) / chunkLength);
    const base = this.#base + gone * chunkLength;
    return new Sequence({ first, end: this.end, base }, this.#chunks.slice(gone));
  }

  /** The items from a place on, or all. */
  *items(place = this.first): Generator<Item> {
    for (let at = Math.max(place, this.first); at < this.end; at += 1) {
      yield this.get(at) as Item;
    }
  }
}
