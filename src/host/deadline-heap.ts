export type Deadline = { readonly atMs: number; readonly lease: number };

/** Deadlines, the earliest first: a binary heap. */
export class DeadlineHeap {
  readonly #heap: Deadline[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): Deadline | undefined {
    return this.#heap[0];
  }

  add(deadline: Deadline): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(deadline);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.atMs <= deadline.atMs) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = deadline;
  }

  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      const [a, b] = [heap[left], heap[right]];
      if (a === undefined) break;
      const isRight = b !== undefined && b.atMs < a.atMs;
      const child = isRight ? b : a;
      if (child.atMs >= last.atMs) break;
      heap[place] = child;
      place = isRight ? right : left;
    }
    heap[place] = last;
  }

  clear(): void {
    this.#heap.length = 0;
  }
}
