/**
 * The clock of the log, by which leases, times to live and ages are counted.
 *
 * It moves between two commands of one leader by the difference of their stamps, and not at all
 * between two leaders. So it never jumps, whoever's clock was wrong: what expires, expires late by
 * the time in which nobody led, and never early. It follows from the entries alone: what was in a
 * log and was removed again has no part in it.
 */
export type LogClock = {
  /** Log time: since the first command of all, as far as somebody led. */
  readonly nowMs: number;
  /** Of the command that moved it last. */
  readonly term: number;
  /** The stamp of that command, which is its leader's wall clock. */
  readonly wallMs: number;
};

export const stoppedClock: LogClock = { nowMs: 0, term: 0, wallMs: 0 };

/** The clock as a command with this stamp finds it. */
export function advanced(
  clock: LogClock,
  { term, wallMs }: { readonly term: number; readonly wallMs: number },
): LogClock {
  return { nowMs: timeAt(clock, { term, wallMs }), term, wallMs };
}

/** What the clock would show at a stamp; at one of another leader, what it shows now. */
export const timeAt = (
  clock: LogClock,
  { term, wallMs }: { readonly term: number; readonly wallMs: number },
): number => clock.nowMs + (term === clock.term ? Math.max(0, wallMs - clock.wallMs) : 0);
