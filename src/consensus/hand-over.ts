import { greetAll } from './heartbeat.ts';
import { lastPosition } from './log.ts';
import { comparePositions, isSamePosition } from './position.ts';
import { votersOf } from './quorum.ts';
import { isLinkUp, type Replica } from './replica.ts';
import type { Leadership } from './replica-parts.ts';
import { startRound } from './rounds.ts';
import { later } from './time.ts';
import { answer, type Turn, tell } from './turn.ts';
import type { Event, Fact, MonotonicMs, NodeId } from './types.ts';

/** Writes wait while an heir is waited for: so not again and again. */
const retirementPauseTimeouts = 4;

type HandOverEvent = Extract<Event, { type: 'transferLeadership' }>;

/*
 * A planned change of leaders (Raft dissertation §3.10): no new writes, everything committed and
 * on the heir's disk, the lease ended; then the heir campaigns at once, and its voters owe nothing.
 */

export function onHandOver(replica: Replica, turn: Turn, { id, to }: HandOverEvent): void {
  const heir = to ?? bestHeir(replica, turn.now);
  const problem = problemOf(replica, turn.now, heir);
  if (problem !== undefined) answer(turn, id, { type: 'refused', reason: 'noTransfer', problem });
  else if (heir !== undefined && replica.leadership !== undefined) {
    begin(replica.leadership, turn, heir, id);
  }
}

function begin(leadership: Leadership, turn: Turn, to: NodeId, id: number | undefined): void {
  leadership.handOver = { id, to, startedAt: turn.now, isNamed: false };
  tell(turn, { type: 'handOverStarted', to });
}

/** A leader that is to leave the cluster finds another one first; now and then, if it must. */
export function retire(replica: Replica, turn: Turn): void {
  const { leadership, timings } = replica;
  if (leadership === undefined || leadership.handOver !== undefined) return;
  const heir = bestHeir(replica, turn.now);
  if (heir === undefined || turn.now < leadership.retireAt) return;
  leadership.retireAt = later(turn.now, retirementPauseTimeouts * timings.electionTimeoutMs);
  begin(leadership, turn, heir, undefined);
}

function problemOf(
  replica: Replica,
  now: MonotonicMs,
  heir: NodeId | undefined,
): string | undefined {
  const { leadership, identity, config } = replica;
  if (leadership === undefined) return 'this server does not lead';
  if (leadership.handOver !== undefined) return `the leadership goes to ${leadership.handOver.to}`;
  if (heir === undefined) return 'no other voter can be reached';
  if (heir === identity.id) return `${heir} leads already`;
  if (!votersOf(config).some(({ id }) => id === heir)) return `${heir} is no voter`;
  if (replica.facts.get(heir)?.fact.isRecovering === true) {
    return `${heir} has lost a part of its log, and gets it from the others`;
  }
  return isLinkUp(replica, heir, now) ? undefined : `${heir} cannot be reached`;
}

/** The voter with the most complete log; of equals the nearest. */
function bestHeir(replica: Replica, now: MonotonicMs): NodeId | undefined {
  const roundTripMs = (id: NodeId): number => replica.peers.get(id)?.roundTripMs ?? 0;
  const [best] = votersOf(replica.config)
    .filter(({ id, isLeaving }) => id !== replica.identity.id && !isLeaving)
    .filter(({ id }) => isLinkUp(replica, id, now))
    .flatMap(({ id }) => replica.facts.get(id)?.fact ?? [])
    // It would not campaign, and the writes would wait for it in vain.
    .filter(({ isRecovering }) => !isRecovering)
    .sort(
      (a, b) =>
        comparePositions(b.durable, a.durable) || roundTripMs(a.owner) - roundTripMs(b.owner),
    );
  return best?.owner;
}

/** Names the heir once it has everything, and everything is committed. */
export function advanceHandOver(replica: Replica, turn: Turn): void {
  const { leadership, log, commit } = replica;
  const handOver = leadership?.handOver;
  if (leadership === undefined || handOver === undefined || handOver.isNamed) return;
  const last = lastPosition(log);
  const heir: Fact | undefined = replica.facts.get(handOver.to)?.fact;
  const hasAll =
    heir?.term === replica.term && isSamePosition(heir.durable, last) && heir.role === 'follower';
  if (!hasAll || !isSamePosition(commit, last)) return;
  // From here on the heir may be elected at any time, even after we have given it up.
  leadership.isLeaseReleased = true;
  handOver.isNamed = true;
  startRound(replica, turn);
  greetAll(replica, turn);
}

/** An heir that does not come must not keep the cluster from writing. */
export function abandonHandOver(replica: Replica, turn: Turn): void {
  const { leadership, timings } = replica;
  const handOver = leadership?.handOver;
  if (leadership === undefined || handOver === undefined) return;
  if (turn.now - handOver.startedAt < timings.electionTimeoutMs) return;
  leadership.handOver = undefined;
  const { id, to } = handOver;
  tell(turn, { type: 'handOverAbandoned', to });
  if (id === undefined) return;
  const problem = `${to} did not take over within ${timings.electionTimeoutMs} ms`;
  answer(turn, id, { type: 'refused', reason: 'noTransfer', problem });
}
