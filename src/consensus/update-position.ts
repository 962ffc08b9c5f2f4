import { termAt } from './log.ts';
import { comparePositions } from './position.ts';
import { isLinkUp, linkTimeoutMs, type Replica } from './replica.ts';
import type { Peer } from './replica-parts.ts';
import { send, type Turn } from './turn.ts';
import type { MonotonicMs, NodeId } from './types.ts';

/**
 * UpdatePosition: tells the leader what has become durable, here and at those who report through
 * us. The positions are facts in the envelope, stamped by their owners, so the way does not matter:
 * directly, or up the pull path when the direct link is down.
 */
export function reportPositions(replica: Replica, turn: Turn): void {
  if (!replica.isReportDue || replica.role === 'leader') return;
  const target = reportTarget(replica, turn.now);
  const peer = target === undefined ? undefined : replica.peers.get(target);
  if (peer === undefined) return;
  // One report at a time: what becomes durable meanwhile goes with the next.
  const isWaiting =
    peer.reportedAt !== undefined && turn.now - peer.reportedAt < linkTimeoutMs(replica.timings);
  if (isWaiting) return;
  replica.isReportDue = false;
  // Where pulls form a ring for a moment, a report would else go round for ever.
  if (!knowsNewPositions(replica, peer)) return;
  peer.reportedAt = turn.now;
  send(turn, peer.id, { type: 'updatePosition' });
}

/** Has something become durable, here or at others, that the peer was not told of? */
function knowsNewPositions(replica: Replica, peer: Peer): boolean {
  const own = peer.told.get(replica.identity.id)?.durable;
  const isTold = own?.index === replica.durableIndex && own.term === termAt(replica.log, own.index);
  // A server that has lost a part of its log has nothing to report.
  if (!isTold && !replica.recovery.isRecovering) return true;
  return [...replica.facts.values()].some(({ fact: { owner, durable } }) => {
    if (owner === peer.id || owner === replica.identity.id) return false;
    const told = peer.told.get(owner)?.durable;
    return told === undefined || comparePositions(told, durable) !== 0;
  });
}

function reportTarget(replica: Replica, now: MonotonicMs): NodeId | undefined {
  const { leader } = replica;
  const pull = replica.pulling.stream;
  if (leader === undefined) return undefined;
  return isLinkUp(replica, leader, now) ? leader : pull?.source;
}

/** A report has arrived; its facts are merged already. Whoever does not lead passes them on. */
export function onUpdatePosition(replica: Replica, turn: Turn, from: NodeId): void {
  if (replica.role !== 'leader') replica.isReportDue = true;
  send(turn, from, { type: 'updatePositionReply' });
}

export function onUpdatePositionReply(replica: Replica, from: NodeId): void {
  const peer = replica.peers.get(from);
  if (peer !== undefined) peer.reportedAt = undefined;
}
