import { isOfForgottenBoot, noteBoot } from './boots.ts';
import { isSameCluster } from './cluster-identity.ts';
import { adoptCommit } from './commit.ts';
import { adoptConfig } from './configuration.ts';
import { considerCandidacy, considerInheritance, considerVoter } from './election.ts';
import {
  allFacts,
  considerDigest,
  digestOf,
  isKnownOwner,
  isNewer,
  isToBeHeard,
  mergeFact,
  newsFor,
} from './gossip.ts';
import { isBeyondUs, noteOutdated } from './outdated.ts';
import { implausible } from './plausible.ts';
import { compareConfigIds } from './position.ts';
import { compareWithEarlier } from './recovery.ts';
import { clusterOf, type Replica } from './replica.ts';
import type { Peer } from './replica-parts.ts';
import { observeTerm } from './roles.ts';
import { observeRound } from './rounds.ts';
import { tellRarely } from './tell-rarely.ts';
import { type Turn, tell } from './turn.ts';
import type {
  Config,
  Envelope,
  Fact,
  GossipEntry,
  KnownFact,
  Message,
  MessageBody,
  NodeId,
} from './types.ts';

/** What the sender of a message is to us. */
export type SenderStanding =
  /** Not to be listened to at all. */
  | 'stranger'
  /** No member (or we are none): it may only learn from us. */
  | 'outsider'
  | 'member';

/** Handles what every message carries, before the message itself. */
export function onEnvelope(replica: Replica, turn: Turn, message: Message): SenderStanding {
  const { envelope } = message;
  if (envelope.to !== replica.identity.id) return 'stranger';
  if (!isSameCluster(clusterOf(replica), envelope)) {
    tellForeign(replica, turn, envelope);
    return 'stranger';
  }
  const what = implausible(replica, turn.now, message);
  if (what !== undefined) {
    tellRarely(replica, turn, { type: 'implausible', server: envelope.from, what });
    return 'stranger';
  }
  if (envelope.config !== undefined) {
    const sender = { id: envelope.from, directoryId: envelope.fromDirectoryId };
    adoptConfig(replica, turn, envelope.config, sender);
  }

  const isKnown = isKnownOwner(replica, envelope.from, envelope.fromDirectoryId);
  const peer = replica.peers.get(envelope.from);
  if (peer !== undefined) peer.isOutsider = !isKnown;
  if (!isKnown) {
    hearNewcomer(replica, turn, envelope);
    return 'outsider';
  }
  // First of all: what the sender wants may be what we have already given to another.
  if (!isOurNewest(replica, turn, envelope)) return 'stranger';
  const standing = replica.role === 'fresh' ? 'outsider' : 'member';
  if (standing === 'member') observeTerm(replica, turn, envelope.term);
  for (const entry of envelope.facts) hear(replica, turn, entry, envelope.from);
  if (envelope.digest !== undefined && peer !== undefined) {
    considerDigest(replica, peer, envelope.digest);
  }
  if (peer !== undefined) noteShown(replica, peer, envelope.facts);
  return standing;
}

/** Dropped whole: nothing of it may be read, or two clusters could become one. */
function tellForeign(replica: Replica, turn: Turn, { from, clusterId }: Envelope): void {
  tellRarely(replica, turn, {
    type: 'foreignCluster',
    server: from,
    clusterId,
    address: undefined,
    isAnswer: false,
  });
}

/** What a server that is to become a member says of itself; nothing else of it is believed. */
function hearNewcomer(replica: Replica, turn: Turn, { from, facts }: Envelope): void {
  const [own] = facts;
  if (own === undefined || own.fact.owner !== from || replica.config === undefined) return;
  if (isToBeHeard(replica.config, from, own.fact)) mergeFact(replica, own, turn.now, true);
}

/** Takes one fact in, and whatever it proves. */
function hear(replica: Replica, turn: Turn, entry: GossipEntry, from: NodeId): void {
  const { fact } = entry;
  if (fact.owner === replica.identity.id) return;
  const { config } = replica;
  const isHeard =
    isKnownOwner(replica, fact.owner, fact.directoryId) ||
    (config !== undefined && isToBeHeard(config, fact.owner, fact));
  // What an older copy says of itself is not true of its server; it is told so.
  if (!isHeard || isOfForgottenBoot(replica, fact)) return;
  if (!mergeFact(replica, entry, turn.now, fact.owner === from)) return;
  // A newcomer's fact is passed on to the leader; it is no evidence of anything.
  if (replica.role === 'fresh' || fact.role === 'fresh') return;
  noteBoot(replica, turn, fact);
  const known = replica.facts.get(fact.owner);
  if (known !== undefined) learnFrom(replica, turn, known);
}

function learnFrom(replica: Replica, turn: Turn, known: KnownFact): void {
  const { fact } = known;
  compareTiming(replica, turn, fact);
  observeTerm(replica, turn, fact.term);
  observeRound(replica, turn, known);
  if (replica.role !== 'leader') adoptCommit(replica, turn, fact.commit);
  considerCandidacy(replica, turn, known);
  considerVoter(replica, turn, fact);
  considerInheritance(replica, turn, known);
}

/** Nothing relies on equal settings, but nobody wants unequal ones: said once. */
function compareTiming({ peers, timings }: Replica, turn: Turn, { owner, timing }: Fact): void {
  const peer = peers.get(owner);
  if (peer === undefined) return;
  const isOther =
    timing.heartbeatIntervalMs !== timings.heartbeatIntervalMs ||
    timing.electionTimeoutMs !== timings.electionTimeoutMs ||
    timing.leaseMs !== timings.leaseMs;
  if (isOther && !peer.hasOtherTiming) {
    tell(turn, { type: 'timingDiffers', peer: owner, theirs: timing, ours: timings });
  }
  peer.hasOtherTiming = isOther;
}

/**
 * Judges a direct request or answer although its fact is no news: the one that carried it may have
 * come another way, and our circumstances may have changed since.
 */
export function hearAgain(replica: Replica, turn: Turn, peer: Peer): void {
  const known = replica.facts.get(peer.id);
  if (known === undefined) return;
  considerCandidacy(replica, turn, known);
  considerVoter(replica, turn, known.fact);
}

/** Others tell us what they know of us. Is that ours, or is our directory an older copy? */
function isOurNewest(replica: Replica, turn: Turn, { facts }: Envelope): boolean {
  const { identity } = replica;
  const fact = facts.find(({ fact: { owner } }) => owner === identity.id)?.fact;
  if (fact === undefined || fact.directoryId !== identity.directoryId) return true;
  if (isBeyondUs(replica, fact)) {
    noteOutdated(replica, turn);
    return false;
  }
  compareWithEarlier(replica, turn, fact);
  return true;
}

/** Does the peer, by its own word, know of itself at least what we know of it? */
function noteShown(replica: Replica, peer: Peer, [own]: readonly GossipEntry[]): void {
  const known = replica.facts.get(peer.id)?.fact;
  if (own?.fact.owner !== peer.id || known === undefined) return;
  // A copy's boot may be the higher number of two that count alike.
  peer.hasShownItself = !isNewer(known, own.fact) && !isOfForgottenBoot(replica, own.fact);
}

/**
 * Puts a message into its envelope, with what is news to the receiver. One that is no peer of ours
 * is told who belongs to the cluster and what they say, so that it can wait to be added, or go.
 */
export function envelopeFor(replica: Replica, turn: Turn, to: NodeId, body: MessageBody): Envelope {
  const { identity } = replica;
  const { clusterId, clusterName } = clusterOf(replica);
  const peer = replica.peers.get(to);
  const isOutsider = peer === undefined || peer.isOutsider;
  // Field by field: this is the hottest object of all, and one that is spread has no fixed shape.
  return {
    clusterId,
    clusterName,
    from: identity.id,
    fromDirectoryId: identity.directoryId,
    to,
    term: replica.term,
    facts: isOutsider ? allFacts(replica, turn.now) : newsFor(replica, peer, turn.now),
    digest: body.type === 'heartbeat' ? digestOf(replica) : undefined,
    config: configFor(replica, to),
  };
}

/** For a request of the host's own: it says who asks, and tells nothing. */
export const bareEnvelope = (replica: Replica, to: NodeId): Envelope => ({
  ...clusterOf(replica),
  from: replica.identity.id,
  fromDirectoryId: replica.identity.directoryId,
  to,
  term: replica.term,
  facts: [],
  digest: undefined,
  config: undefined,
});

function configFor({ config, facts, peers }: Replica, to: NodeId): Config | undefined {
  // What is known of an outsider is known of the server that had its name before.
  if (config === undefined || peers.get(to)?.isOutsider === true) return config;
  const known = facts.get(to)?.fact.configId;
  return known !== undefined && compareConfigIds(known, config.id) >= 0 ? undefined : config;
}
