import { rememberedFact } from './boots.ts';
import { olderLeaseMs } from './leases.ts';
import { lastPosition, positionAt } from './log.ts';
import { noPosition } from './position.ts';
import { isMember, memberOf } from './quorum.ts';
import type { Replica } from './replica.ts';
import type { Peer } from './replica-parts.ts';
import { saysTheSame } from './same-fact.ts';
import type {
  Config,
  DigestEntry,
  DirectoryId,
  Fact,
  GossipEntry,
  KnownFact,
  MonotonicMs,
  NodeId,
} from './types.ts';

type FactStamp = Pick<Fact, 'incarnation' | 'sequence'>;

/** Facts of one owner are totally ordered: first by its boots, then by its count within a boot. */
export function isNewer(fact: FactStamp, known: FactStamp | undefined): boolean {
  if (known === undefined) return true;
  if (fact.incarnation !== known.incarnation) return fact.incarnation > known.incarnation;
  return fact.sequence > known.sequence;
}

/**
 * Takes a fact into the gossip map when it is news, and says whether it was.
 *
 * A fact is taken whole or not at all: a mixture of two would describe a state in which its owner
 * never was, and the larger position (instead of the newer one) may be an entry it has rolled back.
 */
export function mergeFact(
  replica: Replica,
  { fact, ageMs }: GossipEntry,
  now: MonotonicMs,
  isFirstHand = false,
): boolean {
  const known = replica.facts.get(fact.owner)?.fact;
  // Only before there is a cluster can a server come back with another disk. The two count their
  // boots apart; which of them lives, only the server itself can tell.
  const isOtherDisk = known !== undefined && known.directoryId !== fact.directoryId;
  const isNews = isOtherDisk ? isFirstHand : isNewer(fact, known);
  if (isNews) replica.facts.set(fact.owner, { fact, writtenAt: (now - ageMs) as MonotonicMs });
  return isNews;
}

/**
 * May the owner be listened to? With a configuration only its members, by name and by data
 * directory: a wiped server is another one. Before that, the servers of the file.
 */
export function isKnownOwner(
  { config, identity }: Replica,
  owner: NodeId,
  directoryId: DirectoryId,
): boolean {
  if (config === undefined) return identity.listedServers.some(({ id }) => id === owner);
  return isMember(config, { id: owner, directoryId });
}

/** Facts of members are taken in, and those of servers that are to become one. */
export function isToBeHeard(config: Config, owner: NodeId, fact: Fact): boolean {
  const member = memberOf(config, owner);
  if (member?.directoryId === undefined) return member !== undefined && fact.role === 'fresh';
  return member.directoryId === fact.directoryId;
}

/** A newcomer may have gone, and come back with another disk that only others of us can hear. */
export function forgetSilentNewcomers({ config, facts, timings }: Replica, now: MonotonicMs): void {
  if (config === undefined) return;
  for (const { fact, writtenAt } of facts.values()) {
    const isSilent = fact.role === 'fresh' && now - writtenAt >= timings.electionTimeoutMs;
    if (isSilent) facts.delete(fact.owner);
  }
}

/**
 * Writes our own fact anew when we have something else to say than the last time. It is compared,
 * so that nobody who changes the state has to remember to say so.
 */
export function publish(replica: Replica, now: MonotonicMs): void {
  const { facts, identity } = replica;
  const fact = ownFact(replica, now, replica.ownFact.sequence + 1);
  const last = facts.get(identity.id)?.fact;
  if (last !== undefined && !replica.ownFact.mustRenew && saysTheSame(fact, last)) return;
  replica.ownFact.mustRenew = false;
  replica.ownFact.sequence = fact.sequence;
  facts.set(identity.id, { fact, writtenAt: now });
}

/** What we have to say of ourselves now. */
export function ownFact(
  replica: Replica,
  now: MonotonicMs,
  sequence = replica.ownFact.sequence,
): Fact {
  const { identity, log } = replica;
  const pull = replica.pulling.stream;
  const isFresh = replica.role === 'fresh';
  return {
    owner: identity.id,
    directoryId: identity.directoryId,
    incarnation: identity.incarnation,
    sequence,
    term: replica.term,
    role: replica.role,
    leader: replica.leader,
    vote: replica.vote,
    support: replica.election.support,
    seen: replica.evidence.seen,
    seenAgeMs: Math.max(0, now - replica.evidence.seenAt),
    seenLeaseMs: replica.leases.seenMs,
    durable: replica.recovery.isRecovering ? noPosition : positionAt(log, replica.durableIndex),
    last: lastPosition(log),
    commit: replica.commit,
    applied: replica.appliedIndex,
    firstIndex: (log.base.index + 1) as Fact['firstIndex'],
    logGeneration: log.generation,
    commandLevel: identity.commandLevel,
    configId: replica.config?.id ?? replica.newcomer.awaitedIn,
    source: pull?.source,
    depth: pull?.path.length ?? 0,
    pullerCount: replica.pullers.size,
    isDiskStalled: replica.disk.isStalled,
    isRecovering: replica.recovery.isRecovering,
    timing: replica.timings,
    olderLeaseMs: olderLeaseMs(replica, now),
    transferee: transfereeOf(replica),
    isTransferee: replica.role === 'candidate' && replica.leases.isOlderReleased,
    sponsor: isFresh ? replica.newcomer.sponsor : undefined,
    membersHash: isFresh ? identity.membersHash : undefined,
  };
}

function transfereeOf({ leadership }: Replica): NodeId | undefined {
  const transfer = leadership?.transfer;
  return transfer?.isNamed === true ? transfer.to : undefined;
}

export const gossipEntryOf = ({ fact, writtenAt }: KnownFact, now: MonotonicMs): GossipEntry => ({
  fact,
  ageMs: Math.max(0, now - writtenAt),
});

/** The whole map, our own fact first: for an outsider, of which nobody knows what it was told. */
export function allFacts({ facts, identity }: Replica, now: MonotonicMs): GossipEntry[] {
  const own = facts.get(identity.id);
  const others = [...facts.values()].filter(known => known !== own);
  return [...(own === undefined ? [] : [own]), ...others].map(known => gossipEntryOf(known, now));
}

/**
 * Our own fact, and of the others what the peer has not been told. Of the peer itself, what we know
 * of it, until it has shown that it knows as much: were its directory put back from an older copy,
 * it would vote a second time, not knowing of the first. Also what we knew before our own restart.
 */
export function newsFor(replica: Replica, peer: Peer, now: MonotonicMs): GossipEntry[] {
  const news: GossipEntry[] = [];
  const own = replica.facts.get(replica.identity.id);
  if (own !== undefined) {
    peer.told.set(replica.identity.id, own.fact);
    news.push(gossipEntryOf(own, now));
  }
  if (!replica.facts.has(peer.id)) news.push(...rememberedFact(replica, peer.id));
  for (const known of replica.facts.values()) {
    const { owner } = known.fact;
    if (owner === replica.identity.id) continue;
    if (owner === peer.id) {
      if (!peer.hasShownItself) news.push(gossipEntryOf(known, now));
      continue;
    }
    if (peer.told.get(owner) === known.fact) continue;
    peer.told.set(owner, known.fact);
    news.push(gossipEntryOf(known, now));
  }
  return news;
}

export function digestOf(replica: Replica): DigestEntry[] {
  return [...replica.facts.values()].map(({ fact: { owner, incarnation, sequence } }) => ({
    owner,
    incarnation,
    sequence,
  }));
}

/** What the peer lacks although it was told is told again: messages get lost. */
export function considerDigest(replica: Replica, peer: Peer, digest: readonly DigestEntry[]): void {
  const has = new Map(digest.map(entry => [entry.owner, entry]));
  for (const { fact } of replica.facts.values()) {
    if (isNewer(fact, has.get(fact.owner))) peer.told.delete(fact.owner);
    else peer.told.set(fact.owner, fact);
  }
}
