import { assert } from '../assert.ts';
import { appendOwn } from './appending.ts';
import { givenClusterId } from './cluster-identity.ts';
import { installConfig } from './configuration.ts';
import { deferCommit, leaveTerm, olderLeaseMs } from './leases.ts';
import { lastPosition } from './log.ts';
import { compareConfigIds, comparePositions } from './position.ts';
import { isQuorum, memberOf } from './quorum.ts';
import { nextBetween } from './random.ts';
import { mayVote, type Replica } from './replica.ts';
import { hasLeaderEvidence, startRound } from './rounds.ts';
import { later, restartElectionTimer } from './time.ts';
import { send, type Turn, tell } from './turn.ts';
import type { Fact, KnownFact, MonotonicMs, NodeId, WallMs } from './types.ts';

/*
 * A candidacy is a fact (role, term, last), and so is a vote: RequestVote only carries them
 * directly and at once. Like every fact they may be relayed, so a server can be elected by voters
 * that it cannot reach itself.
 */

/** How many election timeouts a candidate waits for its votes at most. */
const waitFactorMax = 4;

/** The deadline has passed: ask whether we would be elected, without changing anything durable. */
export function startPreVote(replica: Replica, turn: Turn): void {
  assert(mayVote(replica), 'only a voter with a whole log campaigns');
  if (replica.role === 'candidate') {
    replica.election.lostCount += 1;
    tell(turn, { type: 'electionLost', term: replica.term, reason: 'noMajority' });
  }
  if (replica.leader !== undefined) {
    tell(turn, { type: 'leaderLost', leader: replica.leader, term: replica.term });
  }
  if (replica.role !== 'preCandidate') tell(turn, { type: 'preVoteStarted', term: replica.term });
  replica.role = 'preCandidate';
  replica.leader = undefined;
  replica.election.tally.clear();
  replica.election.tally.add(replica.identity.id);
  restartElectionTimer(replica, turn.now);
  requestVotes(replica, turn);
  countVotes(replica, turn);
}

/** Sends our candidacy to everybody who has not supported it yet. */
export function requestVotes(replica: Replica, turn: Turn): void {
  // Said anew, so that servers that hear of us through others judge it again.
  replica.ownFact.mustRenew = true;
  for (const peer of replica.peers.keys()) {
    if (replica.election.tally.has(peer) || memberOf(replica.config, peer) === undefined) continue;
    send(turn, peer, { type: 'requestVote' });
  }
}

/** A quorum would vote for us: begin a term and ask in earnest. */
function campaign(replica: Replica, turn: Turn, isTransferee = false): void {
  leaveTerm(replica);
  replica.leases.isOlderReleased = isTransferee;
  replica.leases.deferCommitUntil = undefined;
  replica.term = (replica.term + 1) as Replica['term'];
  replica.vote = replica.identity.id;
  replica.role = 'candidate';
  // What we would vote for depends on our log: it must not change while the votes come in.
  replica.pulling.stream = undefined;
  replica.election.support = undefined;
  turn.effects.push({ type: 'persistVote', term: replica.term, vote: replica.vote });
  tell(turn, { type: 'electionStarted', term: replica.term });

  replica.election.tally.clear();
  replica.election.tally.add(replica.identity.id);
  // What we owe an older leader ourselves counts like what our voters owe.
  deferCommit(replica, turn.now, olderLeaseMs(replica, turn.now));
  // Votes that come from far may take longer than that: every time we wait longer for them.
  const waitMs =
    replica.timings.electionTimeoutMs * Math.min(waitFactorMax, 2 ** replica.election.lostCount);
  replica.election.deadline = later(turn.now, nextBetween(replica.random, waitMs / 2, waitMs));
  requestVotes(replica, turn);
  countVotes(replica, turn);
}

/**
 * The leader transfers its leadership to us: it has ended its lease, and we hold its whole log.
 * There is nothing to ask before, and nobody to wait for (Raft dissertation §3.10).
 */
export function considerInheritance(replica: Replica, turn: Turn, { fact }: KnownFact): void {
  const isCalled =
    fact.role === 'leader' && fact.term === replica.term && fact.transferee === replica.identity.id;
  const isReady = replica.role === 'follower' || replica.role === 'preCandidate';
  if (isCalled && isReady && mayVote(replica)) campaign(replica, turn, true);
}

/** Judges a candidacy that we have heard of, directly or through others. */
export function considerCandidacy(replica: Replica, turn: Turn, known: KnownFact): void {
  const { fact, writtenAt } = known;
  if (!mayVote(replica)) return;
  const isOld = turn.now - writtenAt >= replica.timings.electionTimeoutMs;
  if (isOld) return;
  if (fact.role === 'preCandidate') considerSupport(replica, turn, fact);
  if (fact.role === 'candidate') considerVote(replica, turn, fact);
}

/**
 * Pre-vote: binds nobody, so it may be given to many. Never against a living leader: otherwise a
 * server that alone has lost it could depose it again and again (KIP-996).
 */
function considerSupport(replica: Replica, turn: Turn, candidate: Fact): void {
  const wouldVote =
    candidate.term >= replica.term &&
    replica.role !== 'leader' &&
    !hasLeaderEvidence(replica, turn.now) &&
    isAcceptable(replica, candidate);
  if (!wouldVote) return;
  replica.election.support = candidate.owner;
  replica.election.supportedAt = turn.now;
  // Said anew: it counts anew with each pre-vote, and relays pass on only what is news.
  replica.ownFact.mustRenew = true;
}

/**
 * The vote itself: one per term, durable before anybody hears of it (rule 2). A vote that a crash
 * makes forgotten is given again, to another candidate: two leaders in one term.
 */
function considerVote(replica: Replica, turn: Turn, candidate: Fact): void {
  // A higher term was observed before we came here; a lower one learns of ours from our answer.
  if (candidate.term !== replica.term || replica.vote === candidate.owner) return;
  if (replica.vote !== undefined || !isAcceptable(replica, candidate)) {
    denyOnce(replica, turn, candidate);
    return;
  }
  assert(replica.role !== 'leader', 'a leader has given its vote to itself');
  replica.vote = candidate.owner;
  replica.leases.isOlderReleased = candidate.isTransferee;
  replica.election.support = undefined;
  turn.effects.push({ type: 'persistVote', term: replica.term, vote: replica.vote });
  restartElectionTimer(replica, turn.now);
  tell(turn, { type: 'voteGranted', candidate: candidate.owner, term: replica.term });
}

/** Raft §5.4.1: the log must be at least as complete as ours; and so must the configuration be. */
const isAcceptable = (replica: Replica, candidate: Fact): boolean =>
  memberOf(replica.config, candidate.owner)?.isVoter === true &&
  replica.config !== undefined &&
  compareConfigIds(candidate.configId, replica.config.id) >= 0 &&
  comparePositions(candidate.last, lastPosition(replica.log)) >= 0;

function denyOnce(replica: Replica, turn: Turn, candidate: Fact): void {
  const peer = replica.peers.get(candidate.owner);
  if (peer === undefined || peer.deniedTerm === replica.term) return;
  peer.deniedTerm = replica.term;
  tell(turn, { type: 'voteDenied', candidate: candidate.owner, term: replica.term });
}

/** Takes note of a voter that stands for us, in the vote or the pre-vote that is running. */
export function considerVoter(replica: Replica, turn: Turn, voter: Fact): void {
  const own = replica.identity.id;
  const supports =
    replica.role === 'preCandidate' && voter.support === own && voter.term <= replica.term;
  const votes = replica.role === 'candidate' && voter.term === replica.term && voter.vote === own;
  if (!supports && !votes) return;
  if (votes) deferCommit(replica, turn.now, voter.olderLeaseMs);
  replica.election.tally.add(voter.owner);
  countVotes(replica, turn);
}

function countVotes(replica: Replica, turn: Turn): void {
  if (!isQuorum(replica.config, replica.election.tally)) return;
  if (replica.role === 'preCandidate') campaign(replica, turn);
  else if (replica.role === 'candidate') becomeLeader(replica, turn);
}

function becomeLeader(replica: Replica, turn: Turn): void {
  assert(replica.vote === replica.identity.id, 'a leader has its own vote');
  assert(
    lastPosition(replica.log).term < replica.term,
    'no entry of a term exists before its leader',
  );
  assert(replica.config !== undefined, 'only a member is elected');
  replica.role = 'leader';
  replica.leader = replica.identity.id;
  replica.election.lostCount = 0;
  replica.pulling.stream = undefined;
  // Of our term from here on: what an older leader may still make of it loses against it.
  const { id, clusterId: before } = replica.config;
  const clusterId = givenClusterId(replica.config);
  const config = { ...replica.config, clusterId, id: { term: replica.term, version: id.version } };
  installConfig(replica, turn, config);
  if (clusterId !== before) tell(turn, { type: 'clusterIdentified', clusterId });
  replica.election.tally.clear();
  replica.leadership = {
    round: 0,
    rounds: [],
    confirmedRound: 0,
    confirmedAt: turn.now,
    reads: [],
    uncommitted: [],
    uncommittedBytes: 0,
    leaseFromRound: 1,
    isLeaseReleased: false,
    transfer: undefined,
    memberRequests: [],
    catchUpIndex: replica.commit.index,
    stampsFrom: undefined,
    retireAt: turn.now,
  };
  tell(turn, { type: 'electionWon', term: replica.term });
  const waitMs = (replica.leases.deferCommitUntil ?? turn.now) - turn.now;
  if (waitMs > 0) tell(turn, { type: 'waitingForOldLease', waitMs });
  // Entries of older terms are committed by one of ours above them (Raft §5.4.2, §8).
  appendOwn(replica, turn, [{ kind: 'noop', payload: new Uint8Array(0) }], 0 as WallMs);
  startRound(replica, turn);
  replica.heartbeatDeadline = turn.now;
}

/**
 * When a majority has lost the leader, the best of them need not wait for its timer: it is the one
 * with the most complete log, and of equals the first by name, so that there is no duel.
 */
export function shouldCampaignEarly(replica: Replica, now: MonotonicMs): boolean {
  const { electionTimeoutMs } = replica.timings;
  if (replica.role !== 'follower' || replica.evidence.seen.term !== replica.term) return false;
  if (now - replica.evidence.seenAt < electionTimeoutMs) return false;

  const ownLast = lastPosition(replica.log);
  const leaderless = new Set<NodeId>([replica.identity.id]);
  for (const known of replica.facts.values()) {
    const { owner, last } = known.fact;
    if (owner === replica.identity.id || !hasLostLeader(replica, known, now)) continue;
    leaderless.add(owner);
    if (known.fact.isRecovering) continue;
    const order = comparePositions(last, ownLast);
    if (order > 0 || (order === 0 && owner < replica.identity.id)) return false;
  }
  return isQuorum(replica.config, leaderless);
}

/** Says a server that we reach that it has missed the leader's rounds as long as we have? */
function hasLostLeader(replica: Replica, known: KnownFact, now: MonotonicMs): boolean {
  const { fact, writtenAt } = known;
  const { electionTimeoutMs, heartbeatIntervalMs } = replica.timings;
  const isCurrent = fact.term === replica.term && fact.role !== 'leader';
  const seenAgoMs = now - writtenAt + fact.seenAgeMs;
  return (
    isCurrent &&
    replica.peers.get(fact.owner)?.isReached === true &&
    seenAgoMs >= electionTimeoutMs + heartbeatIntervalMs
  );
}
