import type { MonotonicMs, WallMs } from '../consensus/types.ts';
import type { Random } from './random.ts';

/** A clock that starts anywhere and runs a little too fast or too slow. */
export class SimulatedClock {
  readonly #rate: number;
  readonly #offsetMs: number;

  constructor(driftMax: number, random: Random) {
    // Often as far off as is allowed: in between, little happens.
    this.#rate = 1 + random.pick([-1, 1, random.between(-1, 1)]) * driftMax;
    this.#offsetMs = random.between(0, 1e6);
  }

  at(trueMs: number): MonotonicMs {
    return (this.#offsetMs + this.#rate * trueMs) as MonotonicMs;
  }

  wallAt(trueMs: number): WallMs {
    return Math.floor(1e12 + this.at(trueMs)) as WallMs;
  }

  /** How much true time passes while the clock counts so much. */
  trueDuration(durationMs: number): number {
    return durationMs / this.#rate;
  }
}
