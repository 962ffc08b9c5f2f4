import { assert } from '../assert.ts';
import { owe } from './leases.ts';
import { compareRounds } from './position.ts';
import { reachedByQuorum } from './quorum.ts';
import type { Replica } from './replica.ts';
import type { Leadership } from './replica-parts.ts';
import { becomeFollower } from './roles.ts';
import { later, restartElectionTimer } from './time.ts';
import { type Turn, tell } from './turn.ts';
import type { Fact, KnownFact, Member, MonotonicMs } from './types.ts';

/**
 * Starts a new round of the leader. A stalled disk starts none: a leader that cannot write must
 * lose its followers, although its network is fine (faux leader).
 */
export function startRound(replica: Replica, turn: Turn): boolean {
  const { leadership, term } = replica;
  assert(leadership !== undefined, 'only a leader starts rounds');
  if (replica.disk.isStalled) return false;
  leadership.round += 1;
  leadership.rounds.push({ round: leadership.round, startedAt: turn.now });
  replica.evidence.seen = { term, round: leadership.round };
  replica.evidence.seenAt = turn.now;
  owe(replica, turn, replica.timings.leaseMs);
  return true;
}

/**
 * Leader evidence: only a strict advance of the leader's own counter restarts the timer. "Somebody
 * says that X leads" does not: followers could tell each other so for ever after X has died.
 * The age that the evidence gathered on its way is counted, so that relays delay no election.
 */
export function observeRound(replica: Replica, turn: Turn, known: KnownFact): void {
  const { fact } = known;
  if (fact.seen.term !== replica.term || fact.leader === undefined) return;
  if (compareRounds(fact.seen, replica.evidence.seen) <= 0) return;
  if (replica.role === 'leader') return;

  replica.evidence.seen = fact.seen;
  const seenAt = later(known.writtenAt, -fact.seenAgeMs);
  replica.evidence.seenAt = Math.min(
    turn.now,
    Math.max(replica.evidence.seenAt, seenAt),
  ) as MonotonicMs;
  // From now on, not from `seenAt`: ages leave out the time on the wire, and a promise must rather
  // be too long.
  owe(replica, turn, fact.seenLeaseMs);
  replica.election.support = undefined;
  restartElectionTimer(replica, replica.evidence.seenAt);
  if (replica.role === 'candidate' || replica.role === 'preCandidate') {
    becomeFollower(replica, turn, 'anotherLeader');
  }
  if (replica.leader !== fact.leader) {
    replica.leader = fact.leader;
    replica.election.lostCount = 0;
    replica.isReportDue = true;
    tell(turn, { type: 'leaderKnown', leader: fact.leader, term: replica.term });
  }
}

/** Has this server, on its own evidence, heard of the leader within an election timeout? */
export const hasLeaderEvidence = (replica: Replica, now: MonotonicMs): boolean =>
  replica.evidence.seen.term === replica.term &&
  replica.leader !== undefined &&
  now - replica.evidence.seenAt < replica.timings.electionTimeoutMs;

/** The newest of our rounds that a voter has seen while it lived in our term; 0 when none. */
function seenRound(replica: Replica, voter: Member): number {
  if (voter.id === replica.identity.id) return replica.leadership?.round ?? 0;
  const fact: Fact | undefined = replica.facts.get(voter.id)?.fact;
  if (fact === undefined || fact.directoryId !== voter.directoryId) return 0;
  const isOurs = fact.term === replica.term && fact.seen.term === replica.term;
  const { round } = fact.seen;
  // Nobody sees a round before it starts: such a claim is no evidence.
  return isOurs && round <= (replica.leadership?.round ?? 0) ? round : 0;
}

/**
 * Finds the newest round that a quorum has seen, over whatever path it got there. The lease counts
 * from the round's start (rule 11): counted from here, when the news of it has taken 500 ms to come
 * back, the leader would still answer alone 500 ms after its voters have let another commit.
 */
export function confirmRounds(replica: Replica): void {
  const leadership = replica.leadership;
  assert(leadership !== undefined, 'only a leader confirms rounds');
  const confirmed = reachedByQuorum(replica.config, voter => seenRound(replica, voter));
  if (confirmed <= leadership.confirmedRound) return;
  leadership.confirmedRound = confirmed;
  forgetConfirmed(leadership);
}

function forgetConfirmed(leadership: Leadership): void {
  const place = leadership.rounds.findIndex(({ round }) => round === leadership.confirmedRound);
  const confirmed = leadership.rounds[place];
  if (confirmed === undefined) return;
  leadership.confirmedAt = confirmed.startedAt;
  leadership.rounds.splice(0, place);
}

/**
 * Check-quorum, counted over gossip: who reaches a majority only through others still leads. When
 * its lease is over, and others may stand for election, it gives up.
 */
export function checkQuorum(replica: Replica, turn: Turn): void {
  const { leadership, timings } = replica;
  assert(leadership !== undefined, 'only a leader checks its quorum');
  const silentMs = turn.now - leadership.confirmedAt;
  if (silentMs > Math.max(timings.leaseMs, timings.electionTimeoutMs)) {
    becomeFollower(replica, turn, 'noQuorum');
  }
}
