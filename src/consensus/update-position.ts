import { isLinkUp, linkTimeoutMs, type Replica } from './replica.ts';
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
  peer.reportedAt = turn.now;
  replica.isReportDue = false;
  send(turn, peer.id, { type: 'updatePosition' });
}

function reportTarget(replica: Replica, now: MonotonicMs): NodeId | undefined {
  const { leader, pull } = replica;
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
