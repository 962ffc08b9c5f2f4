import { unreachable } from '../assert.ts';
import { onPersisted } from './appending.ts';
import { adoptCommit, advanceApply, advanceCommit } from './commit.ts';
import { envelopeFor, hearAgain, onEnvelope } from './envelope.ts';
import { distrustHorizon, learnHorizon } from './freshness.ts';
import { publish } from './gossip.ts';
import { onConnected, onHeartbeat, onHeartbeatReply } from './heartbeat.ts';
import { onCompacted, onSnapshotFetched } from './install-snapshot.ts';
import { advanceTransfer, onTransferLeadership } from './leadership-transfer.ts';
import { distrustLease, endDeferral } from './leases.ts';
import { lastPosition } from './log.ts';
import { haltOutdated } from './outdated.ts';
import { onPropose } from './proposals.ts';
import { onPullBatch, onPullRefused, openPull } from './pull-entries.ts';
import { onRead, releaseReads, startReadRound } from './reads.ts';
import { advanceMembership, onChangeMembers } from './reconfigure.ts';
import { advanceRecovery, learnRecoveryTarget } from './recovery.ts';
import type { Replica } from './replica.ts';
import type { Peer } from './replica-parts.ts';
import { confirmRounds } from './rounds.ts';
import { onEntriesRead, onPullEntries, refuse, servePullers } from './serve-entries.ts';
import { chooseSource, mayPull } from './sync-source.ts';
import { onTick } from './tick.ts';
import { type Turn, tell } from './turn.ts';
import type { Effect, Event, Message, MonotonicMs } from './types.ts';
import { onUpdatePosition, onUpdatePositionReply, reportPositions } from './update-position.ts';

/**
 * Advances the protocol by one event. The same replica, event and time give the same effects. It
 * never waits, and no input makes it throw.
 */
export function step(replica: Replica, event: Event, now: MonotonicMs): Effect[] {
  const turn: Turn = { now, effects: [], outbox: [] };
  if (!replica.isOutdated) handle(replica, turn, event);
  // Nothing is said any more: every word would be believed.
  if (replica.isOutdated) return [...turn.effects, haltOutdated(replica)];
  settle(replica, turn);
  seal(replica, turn);
  return turn.effects;
}

function handle(replica: Replica, turn: Turn, event: Event): void {
  switch (event.type) {
    case 'message':
      onMessage(replica, turn, event.message);
      break;
    case 'tick':
      onTick(replica, turn);
      break;
    case 'propose':
      onPropose(replica, turn, event);
      break;
    case 'read':
      onRead(replica, turn, event.id);
      break;
    case 'transferLeadership':
      onTransferLeadership(replica, turn, event);
      break;
    case 'changeMembers':
      onChangeMembers(replica, turn, event);
      break;
    case 'clockJumped':
      distrustLease(replica);
      distrustHorizon(replica, turn.now);
      break;
    case 'persisted':
      onPersisted(replica, event);
      break;
    case 'applied':
      replica.appliedIndex = event.index;
      replica.commandLevel = event.commandLevel;
      break;
    case 'entriesRead':
      onEntriesRead(replica, turn, event);
      break;
    case 'compacted':
      onCompacted(replica, event.baseIndex);
      break;
    case 'snapshotFetched':
      onSnapshotFetched(replica, turn, event);
      break;
    case 'connected':
      onConnected(replica, turn, event.peer);
      break;
    default:
      unreachable(event);
  }
}

function onMessage(replica: Replica, turn: Turn, message: Message): void {
  const standing = onEnvelope(replica, turn, message);
  if (standing === 'stranger') return;
  const { envelope, body } = message;
  const { from } = envelope;
  const peer = replica.peers.get(from);
  if (standing === 'member' && peer !== undefined) onMembersMessage(replica, turn, peer, body);
  else if (body.type === 'heartbeat') onHeartbeat(replica, turn, from, body);
  else if (body.type === 'pullEntries') refuse(replica, turn, from, body, 'notServing');
  else if (body.type === 'heartbeatReply' && peer !== undefined) onHeartbeatReply(turn, peer, body);
}

function onMembersMessage(replica: Replica, turn: Turn, peer: Peer, body: Message['body']): void {
  switch (body.type) {
    case 'heartbeat':
      onHeartbeat(replica, turn, peer.id, body);
      break;
    case 'heartbeatReply':
      onHeartbeatReply(turn, peer, body);
      learnHorizon(replica, body);
      learnRecoveryTarget(replica, peer.id, body);
      break;
    case 'requestVote':
      hearAgain(replica, turn, peer);
      turn.outbox.push({ to: peer.id, body: { type: 'requestVoteReply' } });
      break;
    case 'requestVoteReply':
      hearAgain(replica, turn, peer);
      break;
    case 'pullEntries':
      onPullEntries(replica, turn, peer.id, body);
      break;
    case 'pullBatch':
      onPullBatch(replica, turn, peer.id, body);
      break;
    case 'pullRefused':
      onPullRefused(replica, turn, peer.id, body);
      break;
    case 'updatePosition':
      onUpdatePosition(replica, turn, peer.id);
      break;
    case 'updatePositionReply':
      onUpdatePositionReply(replica, peer.id);
      break;
    default:
      unreachable(body);
  }
}

/** Draws the conclusions of whatever has changed; each of them may be drawn at any time. */
function settle(replica: Replica, turn: Turn): void {
  if (replica.role === 'leader') {
    endDeferral(replica, turn);
    // Before the commit: who decides on it is then known for the whole turn.
    advanceMembership(replica, turn);
    advanceCommit(replica, turn);
    advanceTransfer(replica, turn);
    confirmRounds(replica);
    startReadRound(replica, turn);
    releaseReads(replica, turn);
  } else {
    adoptCommit(replica, turn, replica.pendingCommit);
  }
  advanceRecovery(replica, turn);
  advanceApply(replica, turn);
  findSource(replica, turn);
  servePullers(replica, turn);
  reportPositions(replica, turn);
}

function findSource(replica: Replica, turn: Turn): void {
  if (replica.pulling.stream !== undefined || !mayPull(replica)) return;
  const choice = chooseSource(replica, turn.now);
  if (choice === undefined) return;
  replica.pulling.sourceChangedAt = turn.now;
  tell(turn, { type: 'sourceChosen', ...choice });
  openPull(replica, turn, choice.source, lastPosition(replica.log));
}

/** Messages leave last: what they say is then true, and durable where it must be. */
function seal(replica: Replica, turn: Turn): void {
  if (turn.outbox.length === 0) return;
  publish(replica, turn.now);
  for (const { to, body } of turn.outbox) {
    const envelope = envelopeFor(replica, turn, to, body);
    turn.effects.push({ type: 'send', message: { envelope, body } });
  }
}
