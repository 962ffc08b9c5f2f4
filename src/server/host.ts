import { performance } from 'node:perf_hooks';
import { describe, type ReplicaDescription } from '../consensus/describe.ts';
import type { Replica } from '../consensus/replica.ts';
import { nextDeadline, step } from '../consensus/step.ts';
import type { Effect, Event, MonotonicMs } from '../consensus/types.ts';

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

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  get replica(): Replica {
    return this.#replica;
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
      this.dispatch({ type: 'tick' });
    }, Math.ceil(delayMs));
  }
}
