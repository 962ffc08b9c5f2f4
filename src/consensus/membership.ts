import { compareConfigIds } from './position.ts';
import { memberOf } from './quorum.ts';
import { addPeers, type Replica } from './replica.ts';
import { observeTerm } from './roles.ts';
import { restartElectionTimer } from './time.ts';
import { type Turn, tell } from './turn.ts';
import type { Config, ConfigId, DirectoryId, Fact, NodeId, Term } from './types.ts';

/** The configuration that founds a cluster. */
const foundingId: ConfigId = { term: 0 as Term, version: 1 };

const founderOf = (servers: readonly NodeId[]): NodeId | undefined =>
  [...servers].sort((a, b) => (a < b ? -1 : 1))[0];

/** Takes over a newer configuration; until then we may not even be part of the cluster. */
export function adoptConfig(
  replica: Replica,
  turn: Turn,
  config: Config,
  from: NodeId = replica.identity.id,
): void {
  if (replica.config !== undefined) {
    if (compareConfigIds(config.id, replica.config.id) <= 0) return;
  } else if (!mayJoin(replica, turn, config, from)) return;

  // Rule 5: a configuration of a term must not be used in an older one.
  observeTerm(replica, turn, config.id.term);
  replica.config = config;
  replica.isFactDirty = true;
  turn.effects.push({ type: 'persistConfig', config });
  addPeers(
    replica,
    config.members.map(({ id }) => id),
  );
  forgetForeignFacts(replica, config);
  if (replica.role === 'fresh' && memberOf(config, replica.identity.id) !== undefined) {
    replica.role = 'follower';
    restartElectionTimer(replica, turn.now);
    tell(turn, { type: 'clusterFounded', members: config.members.map(({ id }) => id) });
  }
  replica.heartbeatDeadline = turn.now;
}

/**
 * A fresh server joins only a configuration that names its data directory. A founder itself must be
 * the one that we answered: it may have been wiped since it founded, and there would be two
 * founding configurations. Whoever else has one has joined it, and so no other can be founded.
 */
function mayJoin(replica: Replica, turn: Turn, config: Config, from: NodeId): boolean {
  const { id, directoryId } = replica.identity;
  const own = memberOf(config, id);
  if (own?.directoryId !== directoryId) {
    if (own !== undefined && !replica.isForeignTold) tell(turn, { type: 'foreignDirectory' });
    replica.isForeignTold = true;
    return false;
  }
  if (compareConfigIds(config.id, foundingId) > 0) return true;
  const founder = founderOf(config.members.map(member => member.id));
  if (founder === undefined || from !== founder || replica.sponsor === undefined) return true;
  return memberOf(config, founder)?.directoryId === replica.sponsor;
}

function forgetForeignFacts(replica: Replica, config: Config): void {
  for (const { fact } of replica.facts.values()) {
    if (memberOf(config, fact.owner)?.directoryId === fact.directoryId) continue;
    replica.facts.delete(fact.owner);
  }
}

/**
 * Founds the cluster once every listed server has said, to this very founder, that it is fresh and
 * has the same list. All of them, not a majority: with a majority, servers that were added to the
 * file of a running cluster could found a second one.
 */
export function tryToFound(replica: Replica, turn: Turn): void {
  if (replica.role !== 'fresh' || replica.isForeignTold) return;
  const { identity } = replica;
  const founder = founderOf(identity.listedServers);
  if (founder === undefined || !identity.listedServers.includes(identity.id)) return;
  answerFounder(replica, founder);
  tellMissing(replica, turn);
  if (founder !== identity.id) return;

  const members = identity.listedServers.map(id => ({
    id,
    directoryId: directoryIfReady(replica, id),
  }));
  const ready = members.flatMap(({ id, directoryId }) =>
    directoryId === undefined ? [] : [{ id, directoryId, isVoter: true }],
  );
  if (ready.length < members.length) return;
  adoptConfig(replica, turn, { id: foundingId, members: ready });
  // Nobody can have led before: there is nothing to wait for.
  replica.electionDeadline = turn.now;
}

function answerFounder(replica: Replica, founder: NodeId): void {
  const { identity } = replica;
  const fact = replica.facts.get(founder)?.fact;
  const isFresh = fact !== undefined && fact.role === 'fresh';
  const sponsor =
    founder === identity.id ? identity.directoryId : isFresh ? fact.directoryId : undefined;
  if (sponsor === undefined || sponsor === replica.sponsor) return;
  replica.sponsor = sponsor;
  replica.isFactDirty = true;
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
  const missing = identity.listedServers.filter(id => id !== identity.id && !replica.facts.has(id));
  const text = missing.join(' ');
  if (text === replica.missingTold) return;
  replica.missingTold = text;
  if (missing.length > 0) tell(turn, { type: 'waitingForServers', missing });
}
