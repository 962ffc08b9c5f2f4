import type {
  Config,
  ConfigId,
  DigestEntry,
  Envelope,
  Fact,
  GossipEntry,
  Position,
  Role,
  Round,
  Timing,
} from '../consensus/types.ts';
import { leaseMaxMs } from '../words.ts';
import type {
  Config as WireConfig,
  Config__Output as WireConfigRead,
} from './generated/gossipraft/Config.ts';
import type { ConfigId__Output as WireConfigId } from './generated/gossipraft/ConfigId.ts';
import type { DigestEntry__Output as WireDigestEntry } from './generated/gossipraft/DigestEntry.ts';
import type {
  Envelope as WireEnvelope,
  Envelope__Output as WireEnvelopeRead,
} from './generated/gossipraft/Envelope.ts';
import type {
  Fact as WireFact,
  Fact__Output as WireFactRead,
} from './generated/gossipraft/Fact.ts';
import type {
  GossipEntry as WireGossipEntry,
  GossipEntry__Output as WireGossipEntryRead,
} from './generated/gossipraft/GossipEntry.ts';
import type { Position__Output as WirePosition } from './generated/gossipraft/Position.ts';
import type { Role__Output as WireRole } from './generated/gossipraft/Role.ts';
import type { Round__Output as WireRound } from './generated/gossipraft/Round.ts';
import type { Timing__Output as WireTiming } from './generated/gossipraft/Timing.ts';
import { count, duration, MalformedMessage, name, optionalName, present } from './wire-checks.ts';

/* Between the core's words and the wire's, both ways. What comes from the wire is checked whole. */

const roleNames = {
  fresh: 'ROLE_FRESH',
  follower: 'ROLE_FOLLOWER',
  preCandidate: 'ROLE_PRE_CANDIDATE',
  candidate: 'ROLE_CANDIDATE',
  leader: 'ROLE_LEADER',
} as const satisfies Record<Role, WireRole>;
const roles = new Map<WireRole, Role>(
  Object.entries(roleNames).map(([role, wire]) => [wire, role as Role]),
);

/** Leaves out what is undefined: the encoder takes no undefined fields. */
const given = <Key extends string, T>(key: Key, value: T | undefined): { [K in Key]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { [K in Key]?: T };

export function readPosition(wire: WirePosition | null | undefined, field: string): Position {
  const { term, index } = present(wire, field);
  return { term: count(term, `${field}.term`), index: count(index, `${field}.index`) };
}

function readRound(wire: WireRound | null, field: string): Round {
  const { term, round } = present(wire, field);
  return { term: count(term, `${field}.term`), round: count(round, `${field}.round`) };
}

function readConfigId(wire: WireConfigId | null, field: string): ConfigId {
  const { term, version } = present(wire, field);
  return { term: count(term, `${field}.term`), version: count(version, `${field}.version`) };
}

function readTiming(wire: WireTiming | null): Timing {
  const { heartbeatIntervalMs, electionTimeoutMs, leaseMs } = present(wire, 'fact.timing');
  return {
    heartbeatIntervalMs: duration(heartbeatIntervalMs, 'fact.timing.heartbeatIntervalMs'),
    electionTimeoutMs: duration(electionTimeoutMs, 'fact.timing.electionTimeoutMs'),
    leaseMs: lease(leaseMs, 'fact.timing.leaseMs'),
  };
}

/** A server that hears of a lease owes it, also after a restart: it must not be owed for ever. */
function lease(value: number, field: string): number {
  if (duration(value, field) <= leaseMaxMs) return value;
  throw new MalformedMessage(`${field} is ${value}, more than an hour`);
}

/** What is undefined is left out by the encoder, though its types do not say so. */
type Written<Wire> = { readonly [Field in keyof Wire]: Wire[Field] | undefined };

/**
 * Field by field: an object of so many fields that is spread together is a dictionary to V8, which
 * the encoder reads at a quarter of the speed; and this is done for every message.
 */
export function writeFact(fact: Fact): WireFact {
  const wire: Written<WireFact> = {
    owner: fact.owner,
    directoryId: fact.directoryId,
    incarnation: fact.incarnation,
    sequence: fact.sequence,
    term: fact.term,
    role: roleNames[fact.role],
    leader: fact.leader,
    vote: fact.vote,
    support: fact.support,
    seen: fact.seen,
    seenAgeMs: fact.seenAgeMs,
    durable: fact.durable,
    last: fact.last,
    commit: fact.commit,
    applied: fact.applied,
    firstIndex: fact.firstIndex,
    logGeneration: fact.logGeneration,
    configId: fact.configId,
    source: fact.source,
    depth: fact.depth,
    pullerCount: fact.pullerCount,
    isDiskStalled: fact.isDiskStalled,
    isRecovering: fact.isRecovering,
    commandLevel: fact.commandLevel,
    olderLeaseMs: fact.olderLeaseMs,
    transferee: fact.transferee,
    isTransferee: fact.isTransferee,
    seenLeaseMs: fact.seenLeaseMs,
    timing: fact.timing,
    sponsor: fact.sponsor,
    membersHash: fact.membersHash,
  };
  return wire as WireFact;
}

export function readFact(wire: WireFactRead): Fact {
  const role = roles.get(wire.role);
  if (role === undefined) throw new MalformedMessage(`fact.role is ${wire.role}`);
  return {
    owner: name(wire.owner, 'fact.owner'),
    directoryId: name(wire.directoryId, 'fact.directoryId'),
    incarnation: count(wire.incarnation, 'fact.incarnation'),
    sequence: count(wire.sequence, 'fact.sequence'),
    term: count(wire.term, 'fact.term'),
    role,
    leader: optionalName(wire.leader, 'fact.leader'),
    vote: optionalName(wire.vote, 'fact.vote'),
    support: optionalName(wire.support, 'fact.support'),
    seen: readRound(wire.seen, 'fact.seen'),
    seenAgeMs: duration(wire.seenAgeMs, 'fact.seenAgeMs'),
    durable: readPosition(wire.durable, 'fact.durable'),
    last: readPosition(wire.last, 'fact.last'),
    commit: readPosition(wire.commit, 'fact.commit'),
    applied: count(wire.applied, 'fact.applied'),
    firstIndex: count(wire.firstIndex, 'fact.firstIndex'),
    logGeneration: count(wire.logGeneration, 'fact.logGeneration'),
    configId: readConfigId(wire.configId, 'fact.configId'),
    source: optionalName(wire.source, 'fact.source'),
    depth: count(wire.depth, 'fact.depth'),
    pullerCount: count(wire.pullerCount, 'fact.pullerCount'),
    isDiskStalled: wire.isDiskStalled,
    isRecovering: wire.isRecovering,
    commandLevel: count(wire.commandLevel, 'fact.commandLevel'),
    olderLeaseMs: duration(wire.olderLeaseMs, 'fact.olderLeaseMs'),
    transferee: optionalName(wire.transferee, 'fact.transferee'),
    isTransferee: wire.isTransferee,
    seenLeaseMs: lease(wire.seenLeaseMs, 'fact.seenLeaseMs'),
    timing: readTiming(wire.timing),
    sponsor: optionalName(wire.sponsor, 'fact.sponsor'),
    membersHash: optionalName(wire.membersHash, 'fact.membersHash'),
  };
}

export const writeGossipEntry = ({ fact, ageMs }: GossipEntry): WireGossipEntry => ({
  fact: writeFact(fact),
  ageMs,
});

export const readGossipEntry = ({ fact, ageMs }: WireGossipEntryRead): GossipEntry => ({
  fact: readFact(present(fact, 'fact')),
  ageMs: duration(ageMs, 'ageMs'),
});

export const writeConfig = ({ clusterId, id, members }: Config): WireConfig => ({
  ...given('clusterId', clusterId),
  id,
  members: members.map(({ directoryId, ...member }) => ({
    ...member,
    ...given('directoryId', directoryId),
  })),
});

export function readConfig({ clusterId, id, members }: WireConfigRead): Config {
  return {
    clusterId: optionalName(clusterId, 'config.clusterId'),
    id: readConfigId(id, 'config.id'),
    members: members.map(member => ({
      id: name(member.id, 'member.id'),
      address: name(member.address, 'member.address'),
      directoryId: optionalName(member.directoryId, 'member.directoryId'),
      isVoter: member.isVoter,
      isLeaving: member.isLeaving,
      hasMoved: member.hasMoved,
    })),
  };
}

const readDigestEntry = (wire: WireDigestEntry): DigestEntry => ({
  owner: name(wire.owner, 'digest.owner'),
  incarnation: count(wire.incarnation, 'digest.incarnation'),
  sequence: count(wire.sequence, 'digest.sequence'),
});

export function writeEnvelope(envelope: Envelope): WireEnvelope {
  const { config, digest, clusterId } = envelope;
  const wire: Written<WireEnvelope> = {
    clusterId,
    clusterName: envelope.clusterName,
    from: envelope.from,
    fromDirectoryId: envelope.fromDirectoryId,
    to: envelope.to,
    term: envelope.term,
    facts: envelope.facts.map(writeGossipEntry),
    digest: [...(digest ?? [])],
    hasDigest: digest !== undefined,
    config: config === undefined ? undefined : writeConfig(config),
  };
  return wire as WireEnvelope;
}

export function readEnvelope(wire: WireEnvelopeRead): Envelope {
  return {
    clusterId: optionalName(wire.clusterId, 'clusterId'),
    clusterName: name(wire.clusterName, 'clusterName'),
    from: name(wire.from, 'from'),
    fromDirectoryId: name(wire.fromDirectoryId, 'fromDirectoryId'),
    to: name(wire.to, 'to'),
    term: count(wire.term, 'term'),
    facts: wire.facts.map(readGossipEntry),
    digest: wire.hasDigest ? wire.digest.map(readDigestEntry) : undefined,
    config: wire.config === null ? undefined : readConfig(wire.config),
  };
}
