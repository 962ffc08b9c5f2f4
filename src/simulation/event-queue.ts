type Item = { readonly atMs: number; readonly order: number; readonly run: () => void };

const isBefore = (a: Item, b: Item): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** What will happen, by virtual time; what is due at the same time happens in order of entry. */
export class EventQueue {
  readonly #heap: Item[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  push(atMs: number, run: () => void): void {
    const item = { atMs, order: this.#order, run };
    this.#order += 1;
    let place = this.#heap.push(item) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(item, above)) break;
      this.#heap[place] = above;
      place = parent;
    }
    this.#heap[place] = item;
  }

  pop(): Item | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return top;
  }

  #sink(item: Item): void {
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      let child = left;
      let smaller = this.#heap[left];
      const right = this.#heap[left + 1];
      if (smaller !== undefined && right !== undefined && isBefore(right, smaller)) {
        child = left + 1;
        smaller = right;
      }
      if (smaller === undefined || !isBefore(smaller, item)) break;
      this.#heap[place] = smaller;
      place = child;
    }
    this.#heap[place] = item;
  }
}
