import type { Replica } from './replica.ts';
import { later } from './time.ts';
import { type Turn, tell } from './turn.ts';
import type { LogIndex, MonotonicMs, Term, Timings } from './types.ts';

/*
 * Leases: for a while after a quorum has seen a round, its leader may answer reads alone.
 *
 * Nobody promises anything. Every vote tells how long a leader of an older term may still hold its
 * lease, and the new leader commits nothing until then: so nothing is true that the old one could
 * not know. Only durations on monotonic clocks are exchanged; time on the wire makes the wait
 * longer, never shorter. After YugabyteDB's leader leases.
 */

/** A duration of one clock, made so long that it is over on every clock. */
export const stretched = ({ clockDriftMax }: Timings, durationMs: number): number =>
  (durationMs * (1 + clockDriftMax)) / (1 - clockDriftMax);

/** What is left of a duration of one clock when every clock shall say that it is not over. */
const shortened = ({ clockDriftMax }: Timings, durationMs: number): number =>
  (durationMs * (1 - clockDriftMax)) / (1 + clockDriftMax);

/**
 * For how long this server may answer reads alone from what it has committed, in milliseconds of
 * its clock; 0 when it may not.
 */
export function leaseRemainingMs(replica: Replica, now: MonotonicMs): number {
  const { leadership, timings } = replica;
  if (leadership === undefined || leadership.isLeaseReleased) return 0;
  if (leadership.confirmedRound < leadership.leaseFromRound) return 0;
  // Before that, we may not know of everything that older leaders have committed.
  if (replica.commit.term !== replica.term) return 0;
  // It counts from the start of the round, which is before any voter has seen it.
  const endsAt = later(leadership.confirmedAt, shortened(timings, timings.leaseMs));
  return Math.max(0, endsAt - now);
}

/** A read on the lease of one term, once everything up to `index` is applied. */
export type LeaseRead = { readonly term: Term; readonly index: LogIndex };

/** Undefined when a quorum must be asked. */
export function beginLeaseRead(replica: Replica, now: MonotonicMs): LeaseRead | undefined {
  if (leaseRemainingMs(replica, now) <= 0) return undefined;
  return { term: replica.term, index: replica.commit.index };
}

/**
 * To be asked when the answer is ready: what is left of the lease that it rests on. At 0 the answer
 * must not leave. The process may have been paused in the middle of the read.
 */
export const leaseReadRemainingMs = (
  replica: Replica,
  read: LeaseRead,
  now: MonotonicMs,
): number => (replica.term === read.term ? leaseRemainingMs(replica, now) : 0);

/** The lease counts anew from the next round. */
export function distrustLease({ leadership }: Replica): void {
  if (leadership !== undefined) leadership.leaseFromRound = leadership.round + 1;
}

/**
 * A round was seen: from now on this server owes its leader a lease of that leader's length, also
 * after a restart. Its own settings do not matter. If each voter counted by its own file, then
 * during a change of the settings, from one server to the next, a leader with a lease of 5 s could
 * answer alone for 4 s after voters that believe in 1 s have let somebody else commit.
 */
export function owe(replica: Replica, turn: Turn, leaseMs: number): void {
  replica.leases.seenAt = turn.now;
  replica.leases.seenMs = leaseMs;
  if (leaseMs > replica.leases.owedMs) rememberOwed(replica, turn, leaseMs);
}

/** Once per heartbeat: a longer lease of former times is over, and need not be remembered. */
export function forgetLongerLease(replica: Replica, turn: Turn): void {
  const {
    seenMs: seenLeaseMs,
    owedMs: leaseOwedMs,
    olderEndsAt: olderLeaseEndsAt,
  } = replica.leases;
  if (seenLeaseMs < leaseOwedMs && turn.now >= olderLeaseEndsAt) {
    rememberOwed(replica, turn, seenLeaseMs);
  }
}

/** Durable before the fact leaves that tells the leader that its round was seen. */
function rememberOwed(replica: Replica, turn: Turn, leaseOwedMs: number): void {
  replica.leases.owedMs = leaseOwedMs;
  turn.effects.push({ type: 'remember', what: { leaseOwedMs } });
}

/** Remembers how long the leader of the term that we are about to leave may hold its lease. */
export function leaveTerm(replica: Replica): void {
  const endsAt = later(replica.leases.seenAt, replica.leases.seenMs);
  replica.leases.olderEndsAt = Math.max(replica.leases.olderEndsAt, endsAt) as MonotonicMs;
  replica.leases.isOlderReleased = false;
}

/** How long a leader of a term before ours may still hold a lease, as far as we know. */
export const olderLeaseMs = (replica: Replica, now: MonotonicMs): number =>
  replica.leases.isOlderReleased ? 0 : Math.max(0, replica.leases.olderEndsAt - now);

/** A voter of ours knows of an older lease: nothing is committed before it is over. */
export function deferCommit(replica: Replica, now: MonotonicMs, leaseMs: number): void {
  if (leaseMs <= 0) return;
  const endsAt = later(now, stretched(replica.timings, leaseMs));
  replica.leases.deferCommitUntil = Math.max(
    replica.leases.deferCommitUntil ?? endsAt,
    endsAt,
  ) as MonotonicMs;
}

/** The older lease is over by every clock. */
export function endDeferral(replica: Replica, turn: Turn): void {
  const { deferCommitUntil } = replica.leases;
  if (deferCommitUntil === undefined || turn.now < deferCommitUntil) return;
  replica.leases.deferCommitUntil = undefined;
  tell(turn, { type: 'oldLeaseOver' });
}
