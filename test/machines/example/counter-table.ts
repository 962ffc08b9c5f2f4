/** A counter as it is kept: never changed, but replaced. */
export type Counter = {
  readonly name: string;
  readonly value: number;
  /** By the clock of the log; it goes then. */
  readonly endsAtMs: number;
};

/**
 * A table: it is changed where it stands, so only when a transaction has passed. All counters live
 * equally long, and the clock of the log never goes back: so those that were written last end last,
 * and the first one is the next that is due.
 */
export class CounterTable {
  #counters = new Map<string, Counter>();
  #isHeld = false;

  get size(): number {
    return this.#counters.size;
  }

  get(name: string): Counter | undefined {
    return this.#counters.get(name);
  }

  first(): Counter | undefined {
    return this.values().next().value;
  }

  values(): IterableIterator<Counter> {
    return this.#counters.values();
  }

  put(counter: Counter): void {
    this.remove(counter.name);
    this.#counters.set(counter.name, counter);
  }

  remove(name: string): void {
    this.#release();
    this.#counters.delete(name);
  }

  /** In O(1): whoever changes the table next leaves these to the capture, and takes a copy. */
  capture(): Iterable<Counter> {
    this.#isHeld = true;
    return this.#counters.values();
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#counters = new Map(this.#counters);
    this.#isHeld = false;
  }
}
