import { objectionTo, type Sender } from './adoption.ts';
import { endDeparture } from './departure.ts';

import { isToBeHeard } from './gossip.ts';
import { compareConfigIds } from './position.ts';
import { memberOf } from './quorum.ts';
import { followMembers, type Replica } from './replica.ts';
import { becomeFollower, observeTerm } from './roles.ts';
import { dropSource } from './sync-source.ts';
import { tellRarely } from './tell-rarely.ts';
import { restartElectionTimer } from './time.ts';
import { type Turn, tell } from './turn.ts';
import type { Config, ConfigId, DirectoryId, Fact, NodeId, Term } from './types.ts';

/** The configuration that founds a cluster. */
const foundingId: ConfigId = { term: 0 as Term, version: 1 };

const founderOf = (servers: readonly NodeId[]): NodeId | undefined =>
  [...servers].sort((a, b) => (a < b ? -1 : 1))[0];

/** Takes over a newer configuration, if it is to be believed (see adoption). */
export function adoptConfig(
  replica: Replica,
  turn: Turn,
  config: Config,
  sender: Sender = replica.identity,
): void {
  const { config: own } = replica;
  if (own !== undefined && compareConfigIds(config.id, own.id) <= 0) return;
  if (!isBelieved(replica, turn, config, sender)) return;
  if (own === undefined && !mayJoin(replica, turn, config, sender.id)) return;

  // Rule 5: a configuration of a term must not be used in an older one.
  observeTerm(replica, turn, config.id.term);
  // Whoever supports our candidacy has not heard of it: its quorum may be another one.
  const isCandidacy = replica.role === 'candidate' || replica.role === 'preCandidate';
  // Only the leader of a term makes configurations of it.
  const isLed = config.id.term === replica.term;
  if (isCandidacy) becomeFollower(replica, turn, isLed ? 'anotherLeader' : 'newerConfig');
  const isNew = replica.role === 'fresh';
  if (isNew) {
    endDeparture(replica, turn);
    replica.role = 'follower';
    restartElectionTimer(replica, turn.now);
  }
  // A server of before may not know the identity yet; nobody forgets it over that.
  const clusterId = own?.clusterId;
  const isNameless = config.clusterId === undefined && clusterId !== undefined;
  installConfig(replica, turn, isNameless ? { ...config, clusterId } : config);
  const members = config.members.map(({ id }) => id);
  if (isNew) tell(turn, { type: 'clusterFounded', members });
  replica.heartbeatDeadline = turn.now;
}

function isBelieved(replica: Replica, turn: Turn, config: Config, sender: Sender): boolean {
  const objection = objectionTo(replica, config, sender);
  if (objection === undefined) return true;
  if (objection === 'unrelated') tellRarely(replica, turn, { type: 'configUnrelated' });
  // Even who may not vouch for a cluster keeps us from founding another one.
  if (replica.config === undefined) waitFor(replica, turn, sender.id);
  return false;
}

/** Makes the configuration ours: from here on, its voters count. */
export function installConfig(replica: Replica, turn: Turn, config: Config): void {
  forgetReplaced(replica, config);
  replica.config = config;
  turn.effects.push({ type: 'persistConfig', config });
  followMembers(replica);
  forgetForeignFacts(replica, config);
  const { source } = replica.pulling.stream ?? {};
  if (source !== undefined && !replica.peers.has(source)) dropSource(replica, turn, 'removed');
}

/**
 * A fresh server joins only a configuration that names its data directory. A founder itself must be
 * the one that we answered: it may have been wiped since it founded, and there would be two
 * founding configurations. Whoever else has one has joined it, and so no other can be founded.
 */
function mayJoin(replica: Replica, turn: Turn, config: Config, from: NodeId): boolean {
  const { id, directoryId } = replica.identity;
  const own = memberOf(config, id);
  // We have said that we wait in a newer one: an older one came to nothing, or is over.
  if (compareConfigIds(config.id, replica.newcomer.awaitedIn) <= 0) return false;
  if (own === undefined) {
    waitFor(replica, turn, from);
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
function waitFor(replica: Replica, turn: Turn, by: NodeId): void {
  if (!replica.newcomer.isWaitingTold) tell(turn, { type: 'waitingToBeAdded', by });
  replica.newcomer.isWaitingTold = true;
}

/** With another directory it is another server: it counts its boots and its streams anew. */
function forgetReplaced(replica: Replica, next: Config): void {
  for (const { id, directoryId } of replica.config?.members ?? []) {
    if (memberOf(next, id)?.directoryId === directoryId) continue;
    replica.peers.delete(id);
    replica.children.delete(id);
  }
}

function forgetForeignFacts(replica: Replica, config: Config): void {
  for (const { fact } of replica.facts.values()) {
    if (isToBeHeard(config, fact.owner, fact)) continue;
    replica.facts.delete(fact.owner);
  }
}

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
