import { performance } from 'node:perf_hooks';
import { setImmediate as turnOfTheOthers } from 'node:timers/promises';
import type { MonotonicMs, WallMs } from '../consensus/types.ts';
import type { Clock, Timers } from '../host/surroundings.ts';

/** The clocks of this machine. */
export const machineClock: Clock = {
  monotonicNow: () => performance.now() as MonotonicMs,
  wallNow: () => Date.now() as WallMs,
};

/** The timers of this process. */
export const processTimers: Timers = {
  after(delayMs, run) {
    // A timer that is early has nothing to do yet.
    const timer = setTimeout(run, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
  turnOfTheOthers: () => turnOfTheOthers(),
  slice(maxMs) {
    const endsAt = performance.now() + maxMs;
    return () => performance.now() >= endsAt;
  },
};
