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

/** Writes wait while a transferee is waited for: so not again and again. */
const retirementPauseTimeouts = 4;

type TransferLeadership = Extract<Event, { type: 'transferLeadership' }>;

/*
 * A planned change of leaders (Raft dissertation §3.10): no new writes, everything committed and on
 * the transferee's disk, the lease ended; then the transferee campaigns at once, and its voters owe
 * nothing.
 */

export function onTransferLeadership(
  replica: Replica,
  turn: Turn,
  { id, to }: TransferLeadership,
): void {
  const transferee = to ?? bestTransferee(replica, turn.now);
  const problem = problemOf(replica, turn.now, transferee);
  if (problem !== undefined) answer(turn, id, { type: 'refused', reason: 'noTransfer', problem });
  else if (transferee !== undefined && replica.leadership !== undefined) {
    begin(replica.leadership, turn, transferee, id);
  }
}

function begin(leadership: Leadership, turn: Turn, to: NodeId, id: number | undefined): void {
  leadership.transfer = { id, to, startedAt: turn.now, isNamed: false };
  tell(turn, { type: 'transferStarted', to });
}

/** A leader that is to leave the cluster finds another one first; now and then, if it must. */
export function retire(replica: Replica, turn: Turn): void {
  const { leadership, timings } = replica;
  if (leadership === undefined || leadership.transfer !== undefined) return;
  const transferee = bestTransferee(replica, turn.now);
  if (transferee === undefined || turn.now < leadership.retireAt) return;
  leadership.retireAt = later(turn.now, retirementPauseTimeouts * timings.electionTimeoutMs);
  begin(leadership, turn, transferee, undefined);
}

function problemOf(
  replica: Replica,
  now: MonotonicMs,
  transferee: NodeId | undefined,
): string | undefined {
  const { leadership, identity, config } = replica;
  if (leadership === undefined) return 'this server does not lead';
  if (leadership.transfer !== undefined) return `the leadership goes to ${leadership.transfer.to}`;
  if (transferee === undefined) return 'no other voter can be reached';
  if (transferee === identity.id) return `${transferee} leads already`;
  if (!votersOf(config).some(({ id }) => id === transferee)) return `${transferee} is no voter`;
  if (replica.facts.get(transferee)?.fact.isRecovering === true) {
    return `${transferee} has lost a part of its log, and gets it from the others`;
  }
  return isLinkUp(replica, transferee, now) ? undefined : `${transferee} cannot be reached`;
}

/** The voter with the most complete log; of equals the nearest. */
function bestTransferee(replica: Replica, now: MonotonicMs): NodeId | undefined {
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

/** Names the transferee once it has everything, and everything is committed. */
export function advanceTransfer(replica: Replica, turn: Turn): void {
  const { leadership, log, commit } = replica;
  const transfer = leadership?.transfer;
  if (leadership === undefined || transfer === undefined || transfer.isNamed) return;
  const last = lastPosition(log);
  const transferee: Fact | undefined = replica.facts.get(transfer.to)?.fact;
  const hasAll =
    transferee?.term === replica.term &&
    isSamePosition(transferee.durable, last) &&
    transferee.role === 'follower';
  if (!hasAll || !isSamePosition(commit, last)) return;
  // From here on the transferee may be elected at any time, even after we have given it up.
  leadership.isLeaseReleased = true;
  transfer.isNamed = true;
  startRound(replica, turn);
  greetAll(replica, turn);
}

/** An transferee that does not come must not keep the cluster from writing. */
export function abandonTransfer(replica: Replica, turn: Turn): void {
  const { leadership, timings } = replica;
  const transfer = leadership?.transfer;
  if (leadership === undefined || transfer === undefined) return;
  if (turn.now - transfer.startedAt < timings.electionTimeoutMs) return;
  leadership.transfer = undefined;
  const { id, to } = transfer;
  tell(turn, { type: 'transferAbandoned', to });
  if (id === undefined) return;
  const problem = `${to} did not take over within ${timings.electionTimeoutMs} ms`;
  answer(turn, id, { type: 'refused', reason: 'noTransfer', problem });
}
