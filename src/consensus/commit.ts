import { assert } from '../assert.ts';
import { holds, lastPosition, positionAt, termAt } from './log.ts';
import { comparePositions } from './position.ts';
import { reachedByQuorum } from './quorum.ts';
import type { Replica } from './replica.ts';
import { type Turn, tell } from './turn.ts';
import type { LogIndex, Member, Position } from './types.ts';

/**
 * The index up to which a voter provably holds our log on its disk; 0 when it proves nothing.
 *
 * Both terms must be ours (rule 9; Raft, figure 8). `fact.term`: a voter that moved on may have
 * elected a leader without the entry. `durable.term`: only we write entries of this term, so a
 * voter that holds one of them holds our whole log up to it.
 */
export function provenIndex(replica: Replica, voter: Member): number {
  if (voter.id === replica.identity.id) {
    const isOwnTerm = termAt(replica.log, replica.durableIndex) === replica.term;
    return isOwnTerm ? replica.durableIndex : 0;
  }
  const fact = replica.facts.get(voter.id)?.fact;
  if (fact === undefined || fact.directoryId !== voter.directoryId) return 0;
  const isOurs = fact.term === replica.term && fact.durable.term === replica.term;
  const { index } = fact.durable;
  // Nobody holds more of our term than we do: such a claim is no evidence.
  return isOurs && index <= replica.log.lastIndex ? index : 0;
}

/** Commits the highest entry of our term that a quorum of voters holds durably, if it is new. */
export function advanceCommit(replica: Replica, turn: Turn): void {
  assert(replica.role === 'leader', 'only a leader decides what is committed');
  const index = reachedByQuorum(replica.config, voter => provenIndex(replica, voter));
  if (index <= replica.commit.index) return;
  // A leader before us may still answer reads alone: until then, nothing new may be true.
  if (replica.leases.deferCommitUntil !== undefined) return;

  assert(
    termAt(replica.log, index) === replica.term,
    'entries of older terms are committed only by one of ours above them',
  );
  setCommit(replica, turn, positionAt(replica.log, index));
  releaseUncommitted(replica);
}

function releaseUncommitted(replica: Replica): void {
  const { leadership, commit } = replica;
  if (leadership === undefined) return;
  let released = 0;
  for (const { lastIndex, bytes } of leadership.uncommitted) {
    if (lastIndex > commit.index) break;
    leadership.uncommittedBytes -= bytes;
    released += 1;
  }
  leadership.uncommitted.splice(0, released);
}

/**
 * Adopts a commit position that somebody told us (rule 10).
 *
 * It is the pair that counts: the entry at its index may be another one in our log. We may follow
 * it when we hold that very entry, or when our last entry is of the same term: then one leader
 * wrote both, and our whole log lies before it. (By the index alone, a server with an entry 5 of
 * term 1 that hears of the commit of entry 5 of term 2 would apply its own.)
 */
export function adoptCommit(replica: Replica, turn: Turn, told: Position): void {
  if (told.index <= replica.commit.index) return;
  const { log } = replica;
  if (told.index <= log.lastIndex) {
    if (holds(log, told)) setCommit(replica, turn, told);
    else rememberCommit(replica, told);
    return;
  }
  const last = lastPosition(log);
  if (last.term === told.term && last.index > replica.commit.index) {
    setCommit(replica, turn, last);
  }
  rememberCommit(replica, told);
}

/** Our log cannot use it yet; entries that would make it usable may be on their way. */
function rememberCommit(replica: Replica, told: Position): void {
  if (comparePositions(told, replica.pendingCommit) > 0) replica.pendingCommit = told;
}

function setCommit(replica: Replica, turn: Turn, position: Position): void {
  assert(position.index > replica.commit.index, 'the commit position only moves forward');
  replica.commit = position;
  tell(turn, { type: 'committed', position, isLeader: replica.role === 'leader' });
}

/** Hands what is committed and durable here to the state machine. */
export function advanceApply(replica: Replica, turn: Turn): void {
  const upTo = Math.min(replica.commit.index, replica.durableIndex) as LogIndex;
  if (upTo <= replica.applyIndex) return;
  replica.applyIndex = upTo;
  turn.effects.push({ type: 'apply', upTo });
}
