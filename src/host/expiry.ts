import { encodeCommand } from '../machines/frame/command.ts';
import { nextDueMs } from '../machines/frame/replicated-state.ts';
import { type KeysState, keysSlot } from '../machines/keys/state.ts';
import type { HostContext } from './host-context.ts';
import { logTimeNow } from './log-time.ts';

/** What the file of a server says; told in the log while it leads. */
export type LeaderSettings = {
  /** Room for idempotency keys. */
  readonly idempotencyMaxBytes: number;
  /** How much of the past of the keys is kept; an age of 0 is none. */
  readonly history: KeysState['limits'];
};

/** A leader that takes no proposals now (it hands over, or is overloaded) is asked again then. */
const retryMs = 100;
/** Timers cannot sleep for longer than 24 days; this one looks again after one. */
const sleepMaxMs = 24 * 60 * 60 * 1000;
/** Before all log time. */
const atOnce = Number.NEGATIVE_INFINITY;

/**
 * Lets time pass in the log when nobody else writes: the leader proposes a tick when the next thing
 * is due, and goes on as long as something is. There is one timer, for that moment, and
 * none where nothing ends or another server leads. Only the log decides what has expired; a leader
 * that is none any more proposes in vain.
 */
export class Expiry {
  readonly #context: HostContext;
  readonly #settings: LeaderSettings;
  #timer:
    | { readonly dueMs: number; readonly term: number; readonly callOff: () => void }
    | undefined;
  #isProposed = false;
  #unsubscribe = (): void => undefined;

  constructor(context: HostContext, settings: LeaderSettings) {
    this.#context = context;
    this.#settings = settings;
  }

  start(): void {
    // A leader applies an entry of its own before it does anything else: it is looked at then.
    this.#unsubscribe = this.#context.requests.onAdvance(() => this.#look());
  }

  stop(): void {
    this.#unsubscribe();
    this.#callOff();
  }

  /** Proposes a tick if one is due now, else sets the timer for the moment when it is. */
  #look(): void {
    if (this.#isProposed) return;
    const { term, role } = this.#context.host.view();
    // What is of before is not to change any more until it is upgraded.
    const isNew = this.#context.applyLoop.state.old === undefined;
    const dueMs = role === 'leader' && isNew ? this.#nextTickMs() : undefined;
    if (this.#timer?.dueMs === dueMs && this.#timer?.term === term) return;
    this.#callOff();
    if (dueMs === undefined) return;
    const delayMs = dueMs - logTimeNow(this.#context);
    if (delayMs <= 0) this.#tick();
    else this.#sleep(Math.min(delayMs, sleepMaxMs), { dueMs, term });
  }

  /** Log time at which the next tick is due; undefined: not before something else happens. */
  #nextTickMs(): number | undefined {
    const { idempotency, clock } = this.#context.applyLoop.state;
    if (idempotency.maxBytes !== this.#settings.idempotencyMaxBytes) return atOnce;
    if (!this.#isHistoryAsSet()) return atOnce;
    const dueMs = nextDueMs(this.#context.applyLoop.state);
    const doesAge = dueMs !== undefined || idempotency.uses.size > 0;
    // The clock of the log stands still before the first command of a term.
    const isStopped = clock.term !== this.#context.host.view().term;
    return isStopped && doesAge ? atOnce : dueMs;
  }

  #isHistoryAsSet(): boolean {
    const { limits } = this.#context.applyLoop.state.states[keysSlot.name] as KeysState;
    const { setsMax, bytesMax, ageMs } = this.#settings.history;
    return limits.setsMax === setsMax && limits.bytesMax === bytesMax && limits.ageMs === ageMs;
  }

  #tick(): void {
    const { requests } = this.#context;
    const { idempotencyMaxBytes, history } = this.#settings;
    const operations = this.#isHistoryAsSet() ? [] : [{ op: 'keys.limit', ...history } as const];
    const tick = { type: 'tick', idempotencyMaxBytes, operations } as const;
    this.#isProposed = true;
    requests.propose([encodeCommand(tick)], answer => {
      if (answer.type === 'appended') {
        requests.appliedAt(answer.position, () => {
          this.#isProposed = false;
        });
      } else this.#sleep(retryMs, { dueMs: atOnce, term: this.#context.host.view().term });
    });
  }

  #sleep(delayMs: number, due: { readonly dueMs: number; readonly term: number }): void {
    const callOff = this.#context.timers.after(delayMs, () => {
      this.#timer = undefined;
      this.#isProposed = false;
      this.#look();
    });
    this.#timer = { ...due, callOff };
  }

  #callOff(): void {
    this.#timer?.callOff();
    this.#timer = undefined;
  }
}
