import { objectionTo, type Sender } from './adoption.ts';
import { endDeparture } from './departure.ts';
import { isToBeHeard } from './gossip.ts';
import { mayJoin, waitToBeAdded } from './joining.ts';
import { compareConfigIds } from './position.ts';
import { memberOf } from './quorum.ts';
import { followMembers, type Replica } from './replica.ts';
import { becomeFollower, observeTerm } from './roles.ts';
import { dropSource } from './sync-source.ts';
import { tellRarely } from './tell-rarely.ts';
import { restartElectionTimer } from './time.ts';
import { type Turn, tell } from './turn.ts';
import type { Config } from './types.ts';

/* How a configuration becomes ours, and what changes with it. */

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

  // Rule 3: in an older term we could elect a leader by voters that its rivals no longer count.
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
  if (replica.config === undefined) waitToBeAdded(replica, turn, sender.id);
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

/** With another directory it is another server: it counts its boots and its streams anew. */
function forgetReplaced(replica: Replica, next: Config): void {
  for (const { id, directoryId } of replica.config?.members ?? []) {
    if (memberOf(next, id)?.directoryId === directoryId) continue;
    replica.peers.delete(id);
    replica.pullers.delete(id);
  }
}

function forgetForeignFacts(replica: Replica, config: Config): void {
  for (const { fact } of replica.facts.values()) {
    if (isToBeHeard(config, fact.owner, fact)) continue;
    replica.facts.delete(fact.owner);
  }
}
