import { currentStamp } from '../consensus/stamps.ts';
import { encodeCommand } from '../state-machines/command.ts';
import { nextExpiryMs } from '../state-machines/key-values.ts';
import { timeAt } from '../state-machines/log-clock.ts';
import type { HostContext } from './host-context.ts';

const checkIntervalMs = 100;

/**
 * Lets time pass in the log when nobody else writes: the leader proposes a tick once a key or a
 * lock is due. Only the log decides what has expired; a leader that is none any more proposes in
 * vain.
 */
export class Expiry {
  readonly #context: HostContext;
  #callOff: (() => void) | undefined;
  #isWaiting = false;

  constructor(context: HostContext) {
    this.#context = context;
  }

  start(): void {
    this.#schedule();
  }

  stop(): void {
    this.#callOff?.();
  }

  #schedule(): void {
    this.#callOff = this.#context.timers.after(checkIntervalMs, () => {
      this.#schedule();
      this.#check();
    });
  }

  #check(): void {
    const { host, applyLoop, requests } = this.#context;
    const { keyValues, clock } = applyLoop.state;
    const { term, role } = host.replica;
    const dueMs = nextExpiryMs(keyValues.contents);
    if (dueMs === undefined || this.#isWaiting || role !== 'leader') return;
    // Before the first command of our term, the clock of the log does not know ours.
    const wallMs = currentStamp(host.replica, host.now());
    const isOurs = wallMs !== undefined && clock.term === term;
    if (isOurs && timeAt(clock, { term, wallMs }) < dueMs) return;
    this.#isWaiting = true;
    requests.propose([encodeCommand({ kind: 'tick' })], answer => {
      if (answer.type === 'refused') this.#isWaiting = false;
      else {
        requests.resultAt(answer.position, () => {
          this.#isWaiting = false;
        });
      }
    });
  }
}
