import { horizonOf, staleMsOf } from './freshness.ts';
import { noPosition } from './position.ts';
import type { Replica } from './replica.ts';
import type { Peer } from './replica-parts.ts';
import { send, type Turn, tell } from './turn.ts';
import type { Heartbeat, HeartbeatReply, NodeId } from './types.ts';

/** Weight of a new round trip in the smoothed one. */
const smoothing = 0.2;

/** Greets a peer; the gossip map travels in the envelope. */
export function greet(turn: Turn, peer: NodeId): void {
  send(turn, peer, { type: 'heartbeat', probeMs: turn.now });
}

/** Greets everybody at once: what has just changed shall not wait for the next heartbeat. */
export function greetAll({ peers }: Replica, turn: Turn): void {
  for (const peer of peers.keys()) greet(turn, peer);
}

export function onHeartbeat(
  replica: Replica,
  turn: Turn,
  from: NodeId,
  { probeMs }: Heartbeat,
): void {
  const horizon = horizonOf(replica);
  const staleMs = horizon === undefined ? undefined : staleMsOf(replica, horizon, turn.now);
  const upTo = horizon?.upTo ?? noPosition;
  send(turn, from, { type: 'heartbeatReply', probeMs, staleMs, upTo });
}

/** Only an answer proves that a link works in both directions. */
export function onHeartbeatReply(turn: Turn, peer: Peer, { probeMs }: HeartbeatReply): void {
  const roundTripMs = turn.now - probeMs;
  if (!(roundTripMs >= 0)) return;
  peer.roundTripMs = peer.isReached
    ? peer.roundTripMs + smoothing * (roundTripMs - peer.roundTripMs)
    : roundTripMs;
  peer.confirmedAt = turn.now;
  reach(turn, peer, true);
}

export function reach(turn: Turn, peer: Peer, isReached: boolean): void {
  if (peer.isReached === isReached) return;
  peer.isReached = isReached;
  tell(turn, { type: isReached ? 'peerReached' : 'peerLost', peer: peer.id });
}

/** A new connection: what was sent on the old one may be lost, and the peer waits for news. */
export function onConnected(replica: Replica, turn: Turn, id: NodeId): void {
  const peer = replica.peers.get(id);
  if (peer === undefined) return;
  peer.told.clear();
  // Perhaps to another process, with an older copy of its directory.
  peer.hasShownItself = false;
  peer.reportedAt = undefined;
  greet(turn, id);
}
