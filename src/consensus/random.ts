/** State of a small generator (mulberry32): part of the replica, so a replay draws the same. */
export type RandomState = { value: number };

/** The next fraction in [0, 1). */
export function nextFraction(random: RandomState): number {
  random.value = (random.value + 0x6d2b79f5) | 0;
  let mixed = Math.imul(random.value ^ (random.value >>> 15), 1 | random.value);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** A number of milliseconds in [low, high). */
export function nextBetween(random: RandomState, lowMs: number, highMs: number): number {
  return lowMs + nextFraction(random) * (highMs - lowMs);
}
