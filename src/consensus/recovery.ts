import { assert } from '../assert.ts';
import { holds, lastPosition } from './log.ts';
import { comparePositions } from './position.ts';
import { isQuorum, votersOf } from './quorum.ts';
import type { Replica } from './replica.ts';
import { becomeFollower } from './roles.ts';
import { type Turn, tell } from './turn.ts';
import type { Fact, HeartbeatReply, LogIndex, NodeId, Position } from './types.ts';

/*
 * A server that has lost a part of the log that it acknowledged. Its acknowledgement may have
 * committed entries, so it must neither elect somebody who lacks them nor be taken for one that
 * holds them: two servers with emptied logs would outvote the third, and have its committed entries
 * removed. So it has no vote and reports no durable position, until it holds what a leader has
 * confirmed after it came up. (Its own word that it holds enough would be worth nothing.)
 */

/** Found out only now: the log is shorter than others know it to have been. */
export function beginRecovery(replica: Replica, turn: Turn, heldBefore: Position): void {
  if (replica.recovery.isRecovering) return;
  if (replica.role !== 'fresh') becomeFollower(replica, turn, 'recovering');
  replica.recovery.isRecovering = true;
  replica.recovery.target = undefined;
  replica.election.support = undefined;
  turn.effects.push({ type: 'remember', what: { isRecovering: true } });
  tell(turn, { type: 'logLost', heldBefore, last: lastPosition(replica.log) });
}

/**
 * A leader's answer to a question of this boot. The question told it that nothing of what we
 * reported in earlier boots counts any more, so whatever our lost entries have helped to commit
 * lies at or below its commit position. Only the leader's own answer will do: it might still commit
 * by our old report while others tell us how far it has come. And only its own fact, which comes
 * with every message: while its clock is not to be trusted, it passes on as `upTo` what others have
 * told it, which may be less than it has committed.
 */
export function learnRecoveryTarget(
  replica: Replica,
  from: NodeId,
  { probeMs }: HeartbeatReply,
): void {
  if (!replica.recovery.isRecovering || replica.recovery.target !== undefined) return;
  const fact = replica.facts.get(from)?.fact;
  if (fact?.role !== 'leader' || fact.term !== replica.term) return;
  // Before a commit of its own term it may not know of everything that is committed.
  const isConfirmed = fact.commit.term === fact.term;
  if (isConfirmed && probeMs >= replica.bootedAt) replica.recovery.target = fact.commit;
}

/** It holds everything that it may have helped to commit: from here on it counts again. */
export function advanceRecovery(replica: Replica, turn: Turn): void {
  const { log } = replica;
  const { target } = replica.recovery;
  if (!replica.recovery.isRecovering || target === undefined) return;
  const isHeld = target.index <= log.base.index || holds(log, target);
  if (!isHeld || replica.durableIndex < target.index) return;
  assert(replica.role !== 'leader', 'nobody leads with a log that has lost a part');
  replica.recovery.isRecovering = false;
  replica.recovery.target = undefined;
  replica.isReportDue = true;
  turn.effects.push({ type: 'remember', what: { isRecovering: false } });
  tell(turn, { type: 'logRecovered', position: target });
}

/**
 * Others tell us what they know of us. Did we hold more before than we do now, and does no removal
 * of ours account for that? A log that reaches as far may be older all the same: it is the position
 * that counts, not the index.
 */
export function compareWithEarlier(replica: Replica, turn: Turn, { durable }: Fact): void {
  const { log, commit } = replica;
  const { removedFrom } = replica.recovery;
  // What was committed at its index is here; if it was another entry, nobody needs it.
  if (durable.index <= commit.index || comparePositions(durable, lastPosition(log)) <= 0) return;
  const wasRemoved =
    removedFrom !== undefined &&
    durable.index >= removedFrom.index &&
    durable.term <= removedFrom.term;
  if (!wasRemoved) beginRecovery(replica, turn, durable);
}

/** Remembers a removal before it happens, so that it is not taken for a loss later. */
export function noteRemoval(replica: Replica, turn: Turn, fromIndex: LogIndex): void {
  const { term } = lastPosition(replica.log);
  replica.recovery.removedFrom = { term, index: fromIndex };
  turn.effects.push({ type: 'remember', what: { removedFrom: replica.recovery.removedFrom } });
}

/** With this many logs lost, no leader can be elected that knows what was committed. */
export function considerHopelessness(replica: Replica, turn: Turn): void {
  const { config, facts, identity } = replica;
  const isLost = (id: NodeId): boolean =>
    id === identity.id ? replica.recovery.isRecovering : facts.get(id)?.fact.isRecovering === true;
  const lost = votersOf(config)
    .map(({ id }) => id)
    .filter(isLost);
  const sound = votersOf(config).filter(({ id }) => !isLost(id));
  const isHopeless = lost.length > 0 && !isQuorum(config, new Set(sound.map(({ id }) => id)));
  if (isHopeless && !replica.recovery.isHopelessTold) tell(turn, { type: 'majorityLost', lost });
  replica.recovery.isHopelessTold = isHopeless;
}

/** The commit position is written down this often, in election timeouts, when it has moved. */
const commitNoteTimeouts = 10;

/** What is known to be committed and is durable here, if it was not written down yet. */
export function unnotedCommit({
  commit,
  durableIndex,
  recovery: { notedCommit },
}: Replica): Position | undefined {
  const isNews = comparePositions(commit, notedCommit) > 0;
  return isNews && commit.index <= durableIndex ? commit : undefined;
}

/**
 * Now and then (and when the host stops): after a restart, too, this is known to be committed, and
 * never removed.
 */
export function noteCommit(replica: Replica, turn: Turn): void {
  const { electionTimeoutMs } = replica.timings;
  if (turn.now - replica.recovery.commitNotedAt < commitNoteTimeouts * electionTimeoutMs) return;
  const commit = unnotedCommit(replica);
  if (commit === undefined) return;
  replica.recovery.notedCommit = commit;
  replica.recovery.commitNotedAt = turn.now;
  turn.effects.push({ type: 'remember', what: { committed: commit } });
}
