import type { SourceReason } from '../events/cluster-event.ts';
import { lastPosition } from './log.ts';
import { comparePositions } from './position.ts';
import { isMember } from './quorum.ts';
import { isLinkUp, linkTimeoutMs, type Replica } from './replica.ts';
import { later } from './time.ts';
import { type Turn, tell } from './turn.ts';
import type { Fact, MonotonicMs, NodeId } from './types.ts';

/*
 * Which server to pull from. The choice informs liveness and cost only: whatever source is chosen,
 * log matching decides what is appended. After MongoDB's rules, with the path of the source in
 * every batch instead of guesses about cycles.
 */

/** A detour must promise to be better by this much, and not more often than that. */
const hysteresisMs = 5;
const hysteresisFraction = 0.3;
const changeIntervalMs = 5000;
/** What a hop, a crowded source, and not being the leader cost in the comparison. */
const hopCostMs = 2;
const pullerCostMs = 1;
const freePullers = 4;
const leaderBonusMs = 5;
const tooDeepCostMs = 1000;

export type Choice = { readonly source: NodeId; readonly reason: SourceReason };

export const mayPull = (replica: Replica): boolean =>
  (replica.role === 'follower' || replica.role === 'preCandidate') &&
  replica.pulling.fetchingFrom === undefined &&
  isMember(replica.config, replica.identity);

/** The best source there is now, if any. */
export function chooseSource(replica: Replica, now: MonotonicMs): Choice | undefined {
  let best: Fact | undefined;
  for (const { fact } of replica.facts.values()) {
    if (!isEligible(replica, fact, now)) continue;
    if (best === undefined || costOf(replica, fact) < costOf(replica, best)) best = fact;
  }
  return best === undefined
    ? undefined
    : { source: best.owner, reason: reasonFor(replica, best, now) };
}

function isEligible(replica: Replica, fact: Fact, now: MonotonicMs): boolean {
  const { identity, log } = replica;
  if (fact.owner === identity.id || fact.role === 'fresh') return false;
  if (!isLinkUp(replica, fact.owner, now)) return false;
  if ((replica.pulling.deniedSources.get(fact.owner) ?? now) > now) return false;
  if (fact.owner === replica.leader) return true;
  if (fact.source === identity.id) return false;
  const order = comparePositions(fact.last, lastPosition(log));
  return order > 0 || (order === 0 && isFed(replica, fact));
}

/** Will the server get new entries? It is the leader of our term, or pulls under that leader. */
const isFed = (replica: Replica, fact: Fact): boolean =>
  replica.leader !== undefined &&
  fact.term === replica.term &&
  fact.leader === replica.leader &&
  (fact.owner === replica.leader || fact.source !== undefined);

function costOf(replica: Replica, fact: Fact): number {
  const roundTripMs = replica.peers.get(fact.owner)?.roundTripMs ?? 0;
  const crowd = Math.max(0, fact.pullerCount - freePullers) * pullerCostMs;
  const depth = fact.depth * hopCostMs;
  const tooDeep = fact.depth >= replica.limits.depthMax ? tooDeepCostMs : 0;
  // Others may still have what this one has cut off; else it has a snapshot.
  const isCut = fact.firstIndex > replica.log.lastIndex + 1 ? tooDeepCostMs : 0;
  const bonus = fact.owner === replica.leader ? leaderBonusMs : 0;
  return roundTripMs + depth + crowd + tooDeep + isCut - bonus;
}

function reasonFor(replica: Replica, fact: Fact, now: MonotonicMs): SourceReason {
  const { leader } = replica;
  if (leader === undefined) return 'noLeader';
  if (fact.owner === leader) return 'leader';
  return isLinkUp(replica, leader, now) ? 'closer' : 'leaderUnreachable';
}

/** Ends the stream; `settle` looks for another source in the same turn. */
export function dropSource(replica: Replica, turn: Turn, reason: SourceReason): void {
  const pull = replica.pulling.stream;
  if (pull === undefined) return;
  tell(turn, { type: 'sourceDropped', source: pull.source, reason });
  replica.pulling.stream = undefined;
  if (reason === 'closer' || reason === 'leader' || reason === 'logCut') return;
  denySource(replica, turn, pull.source);
}

/** It is not chosen again for a while. */
export function denySource(
  { pulling: { deniedSources }, timings }: Replica,
  turn: Turn,
  source: NodeId,
): void {
  deniedSources.set(source, later(turn.now, 2 * timings.heartbeatIntervalMs));
}

/** Once per heartbeat: is the source still a good one? */
export function reviewSource(replica: Replica, turn: Turn): void {
  const pull = replica.pulling.stream;
  if (pull === undefined) return;
  const fault = faultOf(replica, turn.now);
  if (fault !== undefined) {
    dropSource(replica, turn, fault);
    return;
  }
  const fact = replica.facts.get(pull.source)?.fact;
  const choice = chooseSource(replica, turn.now);
  if (choice === undefined || choice.source === pull.source || fact === undefined) return;
  const better = replica.facts.get(choice.source)?.fact;
  if (better === undefined) return;
  const isLonely = !isFed(replica, fact) && isFed(replica, better);
  if (isLonely || isWorthTheChange(replica, fact, better, turn.now)) {
    dropSource(replica, turn, choice.reason === 'leader' ? 'leader' : 'closer');
  }
}

function isWorthTheChange(
  replica: Replica,
  current: Fact,
  better: Fact,
  now: MonotonicMs,
): boolean {
  if (now - replica.pulling.sourceChangedAt < changeIntervalMs) return false;
  const currentMs = costOf(replica, current);
  const gainMs = currentMs - costOf(replica, better);
  return gainMs > Math.max(hysteresisMs, hysteresisFraction * Math.abs(currentMs));
}

function faultOf(replica: Replica, now: MonotonicMs): SourceReason | undefined {
  const { timings } = replica;
  const pull = replica.pulling.stream;
  if (pull === undefined) return undefined;
  const patienceMs = linkTimeoutMs(timings);
  if (now - pull.heardAt > patienceMs) return 'sourceSilent';
  if (pull.source === replica.leader) return undefined;
  if (!isSomebodyAhead(replica)) {
    pull.stalledAt = undefined;
    return undefined;
  }
  pull.stalledAt ??= now;
  return now - pull.stalledAt > patienceMs ? 'sourceBehind' : undefined;
}

const isSomebodyAhead = (replica: Replica): boolean => {
  const last = lastPosition(replica.log);
  return [...replica.facts.values()].some(({ fact }) => comparePositions(fact.last, last) > 0);
};
