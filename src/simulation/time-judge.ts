import { demand } from './failure.ts';
import { grantedIn, type LeaseData } from './models/leases-model.ts';
import type { ModelStep } from './models/model-log.ts';

/** Durations are whole milliseconds, and clocks are read one after the other. */
const roundingMs = 3;

type Counted = { readonly renewals: number; mayEndAtMs: number };
type Ended = { readonly renewals: number; readonly atMs: number };

/**
 * Judges by true time when leases end: never before their time is over by any clock, counted from
 * their grant, their last renewal, or the last keep-alive that was answered, whichever is latest.
 */
export class TimeJudge {
  readonly #clockDrift: number;
  readonly #counted = new Map<number, Counted>();
  /** Those whose end a leader has proposed. */
  readonly #ended = new Map<number, Ended>();

  constructor(clockDrift: number) {
    this.#clockDrift = clockDrift;
  }

  /** A transaction has passed, whose entry its leader appended at this time. */
  passed({ isOfLeader, before, after }: ModelStep, appendedAtMs: number): void {
    const was = grantedIn(before);
    const is = grantedIn(after);
    for (const [lease, { renewals, ttlMs }] of is) {
      if (was.get(lease) === is.get(lease)) continue;
      const mayEndAtMs = this.#endOf(appendedAtMs, ttlMs);
      this.#counted.set(lease, { renewals, mayEndAtMs });
    }
    for (const [lease, { renewals }] of was) {
      if (is.has(lease) || !isOfLeader) continue;
      const { mayEndAtMs } = this.#counted.get(lease) ?? { mayEndAtMs: Number.POSITIVE_INFINITY };
      const earlyMs = mayEndAtMs - appendedAtMs;
      demand(earlyMs <= 0, `the lease ${lease} ends ${earlyMs} ms too early`);
      this.#ended.set(lease, { renewals, atMs: appendedAtMs });
    }
  }

  /** A holder was told that its lease has its full time from the moment of its request on. */
  keptAlive(lease: number, { ttlMs, renewals }: LeaseData, fromMs: number): void {
    const mayEndAtMs = this.#endOf(fromMs, ttlMs);
    const ended = this.#ended.get(lease);
    const isPast = ended === undefined || ended.renewals !== renewals || ended.atMs >= mayEndAtMs;
    const earlyMs = mayEndAtMs - (ended?.atMs ?? mayEndAtMs);
    demand(isPast, `the lease ${lease} was kept alive, and ends ${earlyMs} ms too early`);
    const counted = this.#counted.get(lease);
    if (counted?.renewals !== renewals) return;
    counted.mayEndAtMs = Math.max(counted.mayEndAtMs, mayEndAtMs);
  }

  /** When it may end, as far as its holder knows by now. */
  mayEndAtMs(lease: number): number {
    return this.#counted.get(lease)?.mayEndAtMs ?? 0;
  }

  /** A fast clock counts so much true time as the whole of a duration. */
  #endOf(fromMs: number, ttlMs: number): number {
    return fromMs + ttlMs / (1 + this.#clockDrift) - roundingMs;
  }
}
