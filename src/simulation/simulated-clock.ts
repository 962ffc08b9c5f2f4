import type { MonotonicMs, WallMs } from '../consensus/types.ts';
import type { Random } from './random.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** Shorter absences are too short to tell from two readings that were not made at once. */
const noticeableMs = 15;

/** The two clocks of a machine. They start anywhere and run a little too fast or too slow. */
export class SimulatedClock {
  readonly #rate: number;
  readonly #random: Random;
  #offsetMs: number;
  #wallOffsetMs: number;
  #sleepsSinceMs: number | undefined;

  /** `later` draws what came later: the stream of old stays what it was. */
  constructor(driftMax: number, random: Random, later: Random) {
    // Often as far off as is allowed: in between, little happens.
    this.#rate = 1 + random.pick([-1, 1, random.between(-1, 1)]) * driftMax;
    this.#offsetMs = random.between(0, 1e6);
    this.#random = later;
    this.#wallOffsetMs = this.#anyWallOffset();
  }

  at(trueMs: number): MonotonicMs {
    return (this.#offsetMs + this.#rate * trueMs) as MonotonicMs;
  }

  /** Of people: days off, and nothing may depend on it. */
  wallAt(trueMs: number): WallMs {
    return Math.floor(1e12 + this.#wallOffsetMs + this.#rate * trueMs) as WallMs;
  }

  /** How much true time passes while the clock counts so much. */
  trueDuration(durationMs: number): number {
    return durationMs / this.#rate;
  }

  /** Somebody sets the wall clock. */
  set(): void {
    this.#wallOffsetMs = this.#anyWallOffset();
  }

  /** The machine sleeps, and the monotonic clock does not count that. */
  fallAsleep(trueMs: number): void {
    this.#sleepsSinceMs ??= trueMs;
  }

  wakeUp(trueMs: number): void {
    const sleptMs = trueMs - (this.#sleepsSinceMs ?? trueMs);
    this.#sleepsSinceMs = undefined;
    if (sleptMs > noticeableMs) this.#offsetMs -= this.#rate * sleptMs;
  }

  /** The machine starts anew, and with it its monotonic clock. */
  reboot(): void {
    this.#sleepsSinceMs = undefined;
    this.#offsetMs = this.#random.between(0, 1e6);
  }

  #anyWallOffset(): number {
    return this.#random.between(-3, 3) * dayMs;
  }
}
