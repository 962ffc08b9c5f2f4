import { adoptConfig } from './configuration.ts';
import { founderOf, foundingId } from './joining.ts';
import type { Replica } from './replica.ts';
import { type Turn, tell } from './turn.ts';
import type { DirectoryId, Fact, NodeId } from './types.ts';

/**
 * Founds the cluster once every listed server has said, to this very founder, that it is fresh and
 * has the same list. All of them, not a majority: with a majority, servers that were added to the
 * file of a running cluster could found a second one.
 */
export function tryToFound(replica: Replica, turn: Turn): void {
  const isCluster =
    replica.config !== undefined ||
    replica.newcomer.isForeignTold ||
    replica.newcomer.isWaitingTold ||
    replica.departure.state === 'done';
  if (replica.role !== 'fresh' || isCluster) return;
  const { identity } = replica;
  const listed = identity.listedServers.map(({ id }) => id);
  const founder = founderOf(listed);
  if (founder === undefined || !listed.includes(identity.id)) return;
  answerFounder(replica, founder);
  tellMissing(replica, turn);
  if (founder !== identity.id) return;

  const members = identity.listedServers.map(({ id, address }) => ({
    id,
    address,
    hasMoved: false,
    directoryId: directoryIfReady(replica, id),
    isVoter: true,
    isLeaving: false,
  }));
  if (members.some(({ directoryId }) => directoryId === undefined)) return;
  adoptConfig(replica, turn, { clusterId: identity.proposedClusterId, id: foundingId, members });
  // Nobody can have led before: there is nothing to wait for.
  replica.election.deadline = turn.now;
}

function answerFounder(replica: Replica, founder: NodeId): void {
  const { identity } = replica;
  const fact = replica.facts.get(founder)?.fact;
  const isFresh = fact !== undefined && fact.role === 'fresh';
  const sponsor =
    founder === identity.id ? identity.directoryId : isFresh ? fact.directoryId : undefined;
  if (sponsor === undefined || sponsor === replica.newcomer.sponsor) return;
  replica.newcomer.sponsor = sponsor;
}

function directoryIfReady(replica: Replica, id: NodeId): DirectoryId | undefined {
  const { identity } = replica;
  if (id === identity.id) return identity.directoryId;
  const fact: Fact | undefined = replica.facts.get(id)?.fact;
  const isReady =
    fact !== undefined &&
    fact.role === 'fresh' &&
    fact.sponsor === identity.directoryId &&
    fact.membersHash === identity.membersHash;
  return isReady ? fact.directoryId : undefined;
}

function tellMissing(replica: Replica, turn: Turn): void {
  const { identity } = replica;
  const missing = identity.listedServers
    .map(({ id }) => id)
    .filter(id => id !== identity.id && !replica.facts.has(id));
  const text = missing.join(' ');
  if (text === replica.newcomer.missingTold) return;
  replica.newcomer.missingTold = text;
  if (missing.length > 0) tell(turn, { type: 'waitingForServers', missing });
}
