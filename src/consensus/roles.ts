import { leaveTerm } from './leases.ts';
import type { Replica } from './replica.ts';
import { restartElectionTimer } from './time.ts';
import { answer, type Turn, tell } from './turn.ts';
import type { Term } from './types.ts';

/**
 * Takes notice of a term. A higher one ends whatever we were in the old one (rule 2), and it is
 * durable before anything else is said in it. (A server that forgets the term in a crash comes back
 * in the old one, and follows a leader again whose successor it has helped to elect.)
 */
export function observeTerm(replica: Replica, turn: Turn, term: Term): void {
  if (term <= replica.term) return;
  becomeFollower(replica, turn, 'newerTerm');
  leaveTerm(replica);
  replica.term = term;
  replica.vote = undefined;
  replica.leader = undefined;
  replica.election.support = undefined;
  turn.effects.push({ type: 'persistVote', term, vote: undefined });
  restartElectionTimer(replica, turn.now);
}

/** Leaves candidacy or leadership of the current term. */
export function becomeFollower(
  replica: Replica,
  turn: Turn,
  reason: 'newerTerm' | 'anotherLeader' | 'newerConfig' | 'noQuorum' | 'recovering',
): void {
  const { role, term } = replica;
  if (role === 'candidate' && reason !== 'noQuorum') {
    tell(turn, { type: 'electionLost', term, reason });
  }
  const isResignation = reason === 'newerTerm' || reason === 'noQuorum' || reason === 'recovering';
  if (role === 'leader' && isResignation) resign(replica, turn, reason);
  if (replica.role !== 'fresh') replica.role = 'follower';
  replica.election.tally.clear();
}

function resign(
  replica: Replica,
  turn: Turn,
  reason: 'newerTerm' | 'noQuorum' | 'recovering',
): void {
  const { reads = [], transfer, memberRequests = [] } = replica.leadership ?? {};
  replica.leadership = undefined;
  replica.leader = undefined;
  restartElectionTimer(replica, turn.now);
  const hasTransferred = transfer?.isNamed === true && reason === 'newerTerm';
  const transferee = hasTransferred ? transfer.to : undefined;
  tell(turn, {
    type: 'steppedDown',
    term: replica.term,
    reason: transferee ? 'transferred' : reason,
  });
  if (transfer?.id !== undefined) {
    const problem = 'this server stepped down before it was done';
    const missed = { type: 'refused', reason: 'noTransfer', problem } as const;
    answer(turn, transfer.id, hasTransferred ? { type: 'transferred' } : missed);
  }
  for (const { id } of memberRequests) {
    answer(turn, id, { type: 'refused', reason: 'deposed', leader: transferee });
  }
  for (const { id } of reads) {
    answer(turn, id, { type: 'refused', reason: 'notLeader', leader: transferee });
  }
  turn.effects.push({ type: 'deposed', leader: transferee });
}
