import { nextDeadline, step, type View, view } from '../consensus/protocol.ts';
import type { Replica } from '../consensus/replica.ts';
import type { Effect, Event, MonotonicMs, WallMs } from '../consensus/types.ts';
import type { Clock, Timers } from './surroundings.ts';

/** Carries out what a turn of the protocol wants done, in order. */
export type TurnRunner = (effects: readonly Effect[]) => void;

/** The longest that a timer sleeps; a deadline may have moved meanwhile. */
const sleepMaxMs = 1000;
/** Two clocks are never read at the very same moment, and one may count whole milliseconds. */
const readingMs = 10;

/**
 * Gives the pure core its clock and its turn: one event at a time, effects in their order, one
 * timer for the next deadline.
 */
export class Host {
  readonly #replica: Replica;
  readonly #view: View;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #inbox: Event[] = [];
  /** Undefined until the start: what happens before waits. */
  #run: TurnRunner | undefined;
  #isBusy = false;
  #isStopped = false;
  #callOff: (() => void) | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #clockOffsetMs: number;

  constructor(replica: Replica, { clock, timers }: { clock: Clock; timers: Timers }) {
    this.#replica = replica;
    this.#view = view(replica);
    this.#clock = clock;
    this.#timers = timers;
    this.#clockOffsetMs = this.#offsetMs();
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  view(): View {
    return this.#view;
  }

  now(): MonotonicMs {
    return this.#clock.monotonicNow();
  }

  /** For the first stamp of a leadership: it may jump, and nothing is counted by it. */
  wallNow(): WallMs {
    return this.#clock.wallNow();
  }

  /**
   * A machine that slept, or whose clock was set, may have missed more time than its monotonic
   * clock tells: then nothing is to be relied on that counts from before. False if so.
   */
  checkClock(): boolean {
    if (!this.#hasJumped()) return true;
    this.dispatch({ type: 'clockJumped' });
    return false;
  }

  start(run: TurnRunner): void {
    this.#run = run;
    this.dispatch({ type: 'tick' });
  }

  /** Handles the event now, or after the one that is being handled. */
  dispatch(event: Event): void {
    this.#inbox.push(event);
    if (this.#isBusy || this.#run === undefined) return;
    this.#isBusy = true;
    try {
      this.#takeTurns(this.#run);
    } catch (error) {
      this.#fail(error);
    }
    this.#isBusy = false;
    this.#schedule();
  }

  #takeTurns(run: TurnRunner): void {
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      if (this.#isStopped) return;
      // Before anything else: what comes in now may be an answer from before the machine slept.
      if (this.#hasJumped()) run(step(this.#replica, { type: 'clockJumped' }, this.now()));
      run(step(this.#replica, next, this.now()));
    }
  }

  /**
   * A turn was broken off in the middle, and nothing may be built on it. Whoever has brought the
   * event may catch the error (as one that failed in the background): so it is thrown once more
   * where nobody does.
   */
  #fail(error: unknown): never {
    this.stop();
    this.#timers.after(0, () => {
      throw error;
    });
    throw error;
  }

  stop(): void {
    this.#isStopped = true;
    this.#callOff?.();
  }

  /** Told once for each jump; many small ones count together. */
  #hasJumped(): boolean {
    const offsetMs = this.#offsetMs();
    if (Math.abs(offsetMs - this.#clockOffsetMs) <= readingMs) return false;
    this.#clockOffsetMs = offsetMs;
    return true;
  }

  #offsetMs(): number {
    return this.#clock.wallNow() - this.#clock.monotonicNow();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const deadline = nextDeadline(this.#replica);
    if (this.#callOff !== undefined && this.#timerAtMs <= deadline) return;
    this.#callOff?.();
    this.#timerAtMs = deadline;
    const delayMs = Math.min(sleepMaxMs, Math.max(0, deadline - this.now()));
    this.#callOff = this.#timers.after(delayMs, () => {
      this.#callOff = undefined;
      this.dispatch({ type: 'tick' });
    });
  }
}
