import { nextBetween } from './random.ts';
import type { Replica } from './replica.ts';
import type { MonotonicMs } from './types.ts';

/** The moment `durationMs` after `moment` (before it, when negative), on the same clock. */
export const later = (moment: MonotonicMs, durationMs: number): MonotonicMs =>
  (moment + durationMs) as MonotonicMs;

/**
 * Restarts the wait for a leader. Timeouts differ at random, so that two servers rarely campaign at
 * the same moment (Raft §5.2).
 */
export function restartElectionTimer(replica: Replica, from: MonotonicMs): void {
  const { electionTimeoutMs } = replica.timings;
  const timeoutMs = nextBetween(replica.random, electionTimeoutMs, 2 * electionTimeoutMs);
  replica.election.deadline = later(from, timeoutMs);
}
