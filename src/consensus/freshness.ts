import { stretched } from './leases.ts';
import type { Replica } from './replica.ts';
import type { Horizon } from './replica-parts.ts';
import { later } from './time.ts';
import type { HeartbeatReply, MonotonicMs } from './types.ts';

/*
 * Reads of bounded staleness, from any server and without synchronized clocks.
 *
 * A leader knows everything that was committed when it started a round that a quorum has seen.
 * Who asks it learns so much as of the moment of its question, by its own clock, and may pass it on
 * in the same way: ages add up along the path, and time on the wire only makes them greater.
 */

/** The newest moment of which this server knows everything that was committed by then. */
export function horizonOf(replica: Replica): Horizon | undefined {
  const { leadership, commit, term } = replica;
  const { horizon } = replica.freshness;
  // Before a commit of our own term we may not know what older leaders have committed.
  if (leadership === undefined || leadership.confirmedRound === 0 || commit.term !== term) {
    return horizon;
  }
  if (leadership.confirmedAt < replica.freshness.clockTrustedSince) return horizon;
  return { asOf: leadership.confirmedAt, upTo: commit };
}

/** How old the horizon is at most, by any clock. */
export const staleMsOf = ({ timings }: Replica, { asOf }: Horizon, now: MonotonicMs): number =>
  stretched(timings, Math.max(0, now - asOf));

/** The machine slept, or its clock was set: how old anything from before is, nobody knows. */
export function distrustHorizon(replica: Replica, now: MonotonicMs): void {
  replica.freshness.horizon = undefined;
  replica.freshness.clockTrustedSince = now;
}

/** A peer has answered our question of `probeMs`: what was committed then, less its own age. */
export function learnHorizon(replica: Replica, { probeMs, staleMs, upTo }: HeartbeatReply): void {
  // Asked before the machine slept: the answer is older than our clock tells.
  if (staleMs === undefined || probeMs < replica.freshness.clockTrustedSince) return;
  const asOf = later(probeMs as MonotonicMs, -stretched(replica.timings, staleMs));
  if (replica.freshness.horizon === undefined || asOf > replica.freshness.horizon.asOf)
    replica.freshness.horizon = { asOf, upTo };
}
