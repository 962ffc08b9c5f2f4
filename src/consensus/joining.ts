import { compareConfigIds } from './position.ts';
import { memberOf } from './quorum.ts';
import type { Replica } from './replica.ts';
import { type Turn, tell } from './turn.ts';
import type { Config, ConfigId, NodeId, Term } from './types.ts';

/* A server that belongs to no cluster yet: which one it may join, and which it waits for. */

/** The configuration that founds a cluster. */
export const foundingId: ConfigId = { term: 0 as Term, version: 1 };

/** Of the servers of a file, the first one by name. */
export const founderOf = (servers: readonly NodeId[]): NodeId | undefined =>
  [...servers].sort((a, b) => (a < b ? -1 : 1))[0];

/**
 * A fresh server joins only a configuration that names its data directory. A founder itself must be
 * the one that we answered: it may have been wiped since it founded, and there would be two
 * founding configurations. Whoever else has one has joined it, and so no other can be founded.
 */
export function mayJoin(replica: Replica, turn: Turn, config: Config, from: NodeId): boolean {
  const { id, directoryId } = replica.identity;
  const own = memberOf(config, id);
  // We have said that we wait in a newer one: an older one came to nothing, or is over.
  if (compareConfigIds(config.id, replica.newcomer.awaitedIn) <= 0) return false;
  if (own === undefined) {
    waitToBeAdded(replica, turn, from);
    return false;
  }
  if (own.directoryId === undefined) {
    replica.newcomer.isWaitingTold = true;
    replica.newcomer.awaitedIn = config.id;
    replica.newcomer.awaitedBy = config.clusterId;
    return false;
  }
  if (own.directoryId !== directoryId) {
    if (!replica.newcomer.isForeignTold) tell(turn, { type: 'foreignDirectory' });
    replica.newcomer.isForeignTold = true;
    return false;
  }
  if (compareConfigIds(config.id, foundingId) > 0) return true;
  const founder = founderOf(config.members.map(member => member.id));
  if (founder === undefined || from !== founder || replica.newcomer.sponsor === undefined)
    return true;
  return memberOf(config, founder)?.directoryId === replica.newcomer.sponsor;
}

/** There is a cluster already, and it does not name us yet. */
export function waitToBeAdded(replica: Replica, turn: Turn, by: NodeId): void {
  if (!replica.newcomer.isWaitingTold) tell(turn, { type: 'waitingToBeAdded', by });
  replica.newcomer.isWaitingTold = true;
}
