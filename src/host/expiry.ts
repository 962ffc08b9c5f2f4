import { encodeCommand } from '../state-machines/command.ts';
import { nextExpiryMs } from '../state-machines/key-values.ts';
import type { HostContext } from './host-context.ts';
import { logTimeNow } from './log-time.ts';

/** A leader that takes no proposals now (it hands over, or is overloaded) is asked again then. */
const retryMs = 100;
/** Timers cannot sleep for longer than 24 days; this one looks again after one. */
const sleepMaxMs = 24 * 60 * 60 * 1000;
/** Before all log time. */
const atOnce = Number.NEGATIVE_INFINITY;

/**
 * Lets time pass in the log when nobody else writes: the leader proposes a tick when the next key
 * or lock is due, and goes on as long as something is. There is one timer, for that moment, and
 * none where nothing ends or another server leads. Only the log decides what has expired; a leader
 * that is none any more proposes in vain.
 */
export class Expiry {
  readonly #context: HostContext;
  /** What the file of this server says; told in the log while it leads. */
  readonly #idempotencyMaxBytes: number;
  #timer:
    | { readonly dueMs: number; readonly term: number; readonly callOff: () => void }
    | undefined;
  #isProposed = false;
  #unsubscribe = (): void => undefined;

  constructor(context: HostContext, idempotencyMaxBytes: number) {
    this.#context = context;
    this.#idempotencyMaxBytes = idempotencyMaxBytes;
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
    const dueMs = role === 'leader' ? this.#nextTickMs() : undefined;
    if (this.#timer?.dueMs === dueMs && this.#timer?.term === term) return;
    this.#callOff();
    if (dueMs === undefined) return;
    const delayMs = dueMs - logTimeNow(this.#context);
    if (delayMs <= 0) this.#tick();
    else this.#sleep(Math.min(delayMs, sleepMaxMs), { dueMs, term });
  }

  /** Log time at which the next tick is due; undefined: not before something else happens. */
  #nextTickMs(): number | undefined {
    const { keyValues, keys, clock } = this.#context.applyLoop.state;
    if (keys.maxBytes !== this.#idempotencyMaxBytes) return atOnce;
    const dueMs = nextExpiryMs(keyValues.contents);
    const doesAge = dueMs !== undefined || keys.uses.size > 0;
    // The clock of the log stands still before the first command of a term.
    const isStopped = clock.term !== this.#context.host.view().term;
    return isStopped && doesAge ? atOnce : dueMs;
  }

  #tick(): void {
    const { requests, applyLoop } = this.#context;
    const idempotencyMaxBytes = this.#idempotencyMaxBytes;
    const isNews = applyLoop.state.keys.maxBytes !== idempotencyMaxBytes;
    const tick = { kind: 'tick', ...(isNews ? { idempotencyMaxBytes } : {}) } as const;
    this.#isProposed = true;
    requests.propose([encodeCommand(tick)], answer => {
      if (answer.type === 'appended') {
        requests.resultAt(answer.position, () => {
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
