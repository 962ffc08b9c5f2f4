import { performance } from 'node:perf_hooks';
import { describe, type ReplicaDescription } from '../consensus/describe.ts';
import type { Replica } from '../consensus/replica.ts';
import { nextDeadline, step } from '../consensus/step.ts';
import type { Effect, Event, MonotonicMs, WallMs } from '../consensus/types.ts';

/** Carries out what a step of the protocol wants done, in order. */
export type EffectRunner = (effect: Effect) => void;

export const monotonicNow = (): MonotonicMs => performance.now() as MonotonicMs;

/** The longest that a timer sleeps; a deadline may have moved meanwhile. */
const sleepMaxMs = 1000;

/**
 * Gives the pure core its clock and its turn: one event at a time, effects in their order, one
 * timer for the next deadline.
 */
export class Host {
  readonly #replica: Replica;
  readonly #inbox: Event[] = [];
  #run: EffectRunner = () => undefined;
  #isBusy = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #clockOffsetMs = Date.now() - performance.now();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  get replica(): Replica {
    return this.#replica;
  }

  /** The wall clock as of the start, moved on by the monotonic one: it never jumps. */
  wallNow(): WallMs {
    return Math.floor(performance.timeOrigin + performance.now()) as WallMs;
  }

  /**
   * A machine that slept, or whose clock was set, may have missed more time than its monotonic
   * clock tells: then the lease is not to be relied on.
   */
  checkClock(): void {
    const offsetMs = Date.now() - performance.now();
    const jumpMs = Math.abs(offsetMs - this.#clockOffsetMs);
    this.#clockOffsetMs = offsetMs;
    if (jumpMs > this.#replica.timings.leaseMs / 10) this.dispatch({ type: 'clockJumped' });
  }

  describe(): ReplicaDescription {
    return describe(this.#replica, monotonicNow());
  }

  start(run: EffectRunner): void {
    this.#run = run;
    this.dispatch({ type: 'tick' });
  }

  /** Handles the event now, or after the one that is being handled. */
  dispatch(event: Event): void {
    this.#inbox.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      if (this.#isStopped) break;
      for (const effect of step(this.#replica, next, monotonicNow())) this.#run(effect);
    }
    this.#isBusy = false;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const deadline = nextDeadline(this.#replica);
    if (this.#timer !== undefined && this.#timerAtMs <= deadline) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = deadline;
    const delayMs = Math.min(sleepMaxMs, Math.max(0, deadline - monotonicNow()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.checkClock();
      this.dispatch({ type: 'tick' });
    }, Math.ceil(delayMs));
  }
}
