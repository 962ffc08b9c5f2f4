/**
 * A map that knows its oldest entry. (A plain Map finds its first key slowly once many were deleted
 * before it, and a full one deletes with every insertion.)
 */
export class BoundedMap<Value extends object> {
  readonly #values = new Map<string, Value>();
  /** In the order of insertion, from `#head` on; an entry that was replaced counts no more. */
  #order: { readonly key: string; readonly value: Value }[] = [];
  #head = 0;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value);
    this.#order.push({ key, value });
  }

  /** In the order in which they would be forgotten. */
  entries(): (readonly [string, Value])[] {
    return this.#order
      .slice(this.#head)
      .filter(({ key, value }) => this.#values.get(key) === value)
      .map(({ key, value }) => [key, value] as const);
  }

  oldest(): Value | undefined {
    for (let next = this.#order[this.#head]; next !== undefined; next = this.#order[this.#head]) {
      if (this.#values.get(next.key) === next.value) return next.value;
      this.#head += 1;
    }
    return undefined;
  }

  deleteOldest(): void {
    if (this.oldest() === undefined) return;
    const { key } = this.#order[this.#head] ?? { key: '' };
    this.#values.delete(key);
    this.#head += 1;
    if (this.#head < this.#order.length / 2) return;
    this.#order = this.#order.slice(this.#head);
    this.#head = 0;
  }
}
