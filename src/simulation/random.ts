/** Mixes numbers into one 32-bit hash (the finalizer of MurmurHash3). */
export function mix(...values: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const value of values) {
    hash = Math.imul(hash ^ value, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/**
 * A stream of chance with a key of its own (mulberry32). Every link, disk and plan has one, so that
 * leaving one fault out of a plan does not change what the others meet.
 */
export class Random {
  #state: number;

  constructor(...key: readonly number[]) {
    this.#state = mix(...key);
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  /** A duration in milliseconds: most often below one, now and then up to `longMs`. */
  moment(longMs: number): number {
    return this.chance(0.1) ? this.between(0, longMs) : this.next();
  }
}
