import { isNewer } from './gossip.ts';
import { isTwin } from './incarnation.ts';
import type { Replica } from './replica.ts';
import type { Turn } from './turn.ts';
import type { Effect, Fact } from './types.ts';

/*
 * A data directory that was put back from an older copy has forgotten votes: it could vote twice in
 * one term. Others tell a server what they know of it, and so it finds out.
 */

/** Does a fact of ours, as others know it, say more than our directory knows? */
export function isBeyondUs(replica: Replica, fact: Fact): boolean {
  const { identity, term, vote } = replica;
  const { sequence } = replica.ownFact;
  const { incarnation } = identity;
  if (isNewer(fact, { incarnation, sequence }) || isTwin(fact.incarnation, incarnation))
    return true;
  // Boots of the copy may have come as far, where nobody could tell it. But term and vote are
  // durable before they are told, and no later boot has less of them.
  return fact.term > term || (fact.term === term && fact.vote !== undefined && fact.vote !== vote);
}

/**
 * Not an assertion: the program is right, the disk is old. It is kept, since each start counts a
 * boot: after one or two more the copy would have caught up with what the others know of it.
 */
export function noteOutdated(replica: Replica, turn: Turn): void {
  replica.isOutdated = true;
  turn.effects.push({ type: 'remember', what: { isOutdated: true } });
}

export const haltOutdated = ({ identity: { id } }: Replica): Effect => ({
  type: 'halt',
  reason:
    `the cluster knows a later boot of ${id} than its data directory does: the directory was put ` +
    'back from an older copy, and has forgotten votes and entries; give it up ' +
    `(member replace ${id}) and start the server with an empty one`,
});
