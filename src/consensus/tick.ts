import { considerDeparture } from './departure.ts';
import { requestVotes, shouldCampaignEarly, startPreVote } from './election.ts';
import { tryToFound } from './founding.ts';
import { forgetSilentNewcomers } from './gossip.ts';
import { greet, reach } from './heartbeat.ts';
import { abandonTransfer } from './leadership-transfer.ts';
import { forgetLongerLease } from './leases.ts';
import { keepPullAlive } from './pull-entries.ts';
import { considerHopelessness, noteCommit } from './recovery.ts';
import { isLinkUp, mayVote, type Replica } from './replica.ts';
import { checkQuorum, startRound } from './rounds.ts';
import { reviewSource } from './sync-source.ts';
import { later } from './time.ts';
import { type Turn, tell } from './turn.ts';
import type { MonotonicMs } from './types.ts';

/** When `tick` is due next. */
export function nextDeadline(replica: Replica): MonotonicMs {
  const { heartbeatDeadline } = replica;
  const electionDeadline = replica.election.deadline;
  const { deferCommitUntil } = replica.leases;
  if (replica.role === 'leader' && deferCommitUntil !== undefined) {
    // The end of an older leader's lease: what waits for it is committed then.
    return Math.min(heartbeatDeadline, deferCommitUntil) as MonotonicMs;
  }
  return mayCampaign(replica) && electionDeadline < heartbeatDeadline
    ? electionDeadline
    : heartbeatDeadline;
}

const mayCampaign = (replica: Replica): boolean =>
  replica.role !== 'leader' && !replica.disk.isStalled && mayVote(replica);

/** Every deadline of a replica, in one list. */
export function onTick(replica: Replica, turn: Turn): void {
  distrustLateTimer(replica, turn);
  if (turn.now >= replica.heartbeatDeadline) beat(replica, turn);
  if (mayCampaign(replica) && turn.now >= replica.election.deadline) startPreVote(replica, turn);
}

/**
 * A server that was paused must not conclude that the others were silent: their messages may lie
 * unread behind this very tick.
 */
function distrustLateTimer(replica: Replica, turn: Turn): void {
  const { electionTimeoutMs, heartbeatIntervalMs } = replica.timings;
  const lateMs = turn.now - replica.heartbeatDeadline;
  if (lateMs < electionTimeoutMs / 4) return;
  const readingTimeMs = Math.min(lateMs, 2 * heartbeatIntervalMs);
  const earliest = later(turn.now, readingTimeMs);
  if (replica.election.deadline < earliest) replica.election.deadline = earliest;
}

/** What happens once per heartbeat interval. */
function beat(replica: Replica, turn: Turn): void {
  replica.heartbeatDeadline = later(turn.now, replica.timings.heartbeatIntervalMs);
  watchDisk(replica, turn);
  tryToFound(replica, turn);
  considerDeparture(replica, turn);
  forgetSilentNewcomers(replica, turn.now);
  forgetLongerLease(replica, turn);
  considerHopelessness(replica, turn);
  noteCommit(replica, turn);
  // Nothing changes at a server that waits: whoever may add it must hear that it is still there.
  if (replica.role === 'fresh') replica.ownFact.mustRenew = true;
  if (replica.role === 'leader') checkQuorum(replica, turn);
  if (replica.role === 'leader') abandonTransfer(replica, turn);
  if (replica.leadership !== undefined) replica.leadership.catchUpIndex = replica.commit.index;
  if (replica.role === 'leader' && startRound(replica, turn)) tell(turn, { type: 'roundStarted' });
  expireSupport(replica, turn.now);
  for (const peer of replica.peers.values()) {
    if (!isLinkUp(replica, peer.id, turn.now)) reach(turn, peer, false);
    greet(turn, peer.id);
  }
  if (replica.role === 'preCandidate' || replica.role === 'candidate') {
    requestVotes(replica, turn);
  }
  reviewSource(replica, turn);
  keepPullAlive(replica, turn);
  const isEarly = mayCampaign(replica) && shouldCampaignEarly(replica, turn.now);
  if (isEarly) startPreVote(replica, turn);
}

/** A disk that does not finish is as bad as one that fails: leaders stop their rounds over it. */
function watchDisk(replica: Replica, turn: Turn): void {
  const oldest = replica.disk.unpersisted[0];
  const patienceMs = replica.timings.electionTimeoutMs / 2;
  const isStalled = oldest !== undefined && turn.now - oldest.appendedAt > patienceMs;
  if (isStalled === replica.disk.isStalled) return;
  replica.disk.isStalled = isStalled;
  tell(turn, { type: isStalled ? 'diskStalled' : 'diskRecovered' });
}

function expireSupport(replica: Replica, now: MonotonicMs): void {
  if (replica.election.support === undefined) return;
  if (now - replica.election.supportedAt < replica.timings.electionTimeoutMs) return;
  replica.election.support = undefined;
}
