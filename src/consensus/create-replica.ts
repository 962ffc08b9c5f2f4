import { createLog, holds, type Log } from './log.ts';
import { comparePositions, noPosition } from './position.ts';
import { isMember } from './quorum.ts';
import { nextBetween } from './random.ts';
import { followMembers, type Newcomer, never, type Replica } from './replica.ts';
import type {
  ConfigId,
  Identity,
  Limits,
  MonotonicMs,
  PersistentState,
  Remembered,
  Term,
  Timings,
} from './types.ts';

export type ReplicaOptions = {
  readonly identity: Identity;
  readonly persistent: PersistentState;
  readonly timings: Timings;
  readonly limits: Limits;
  /** Different on every server, or they would campaign at the same moments. */
  readonly seed: number;
  readonly now: MonotonicMs;
};

/** Of a directory that has never been used. */
export const nothingRemembered: Remembered = {
  leaseOwedMs: 0,
  isDeparted: false,
  isRecovering: false,
  isOutdated: false,
  knownBoots: [],
  committed: undefined,
  removedFrom: undefined,
};

/** Before every configuration. */
const noConfig: ConfigId = { term: 0 as Term, version: 0 };

/** A server as it stands right after its start, from what its disk holds. */
export function createReplica(options: ReplicaOptions): Replica {
  const { identity, persistent, timings, now } = options;
  const random = { value: options.seed | 0 };
  const { electionTimeoutMs } = timings;
  const log = createLog(persistent.log);
  const replica: Replica = {
    identity,
    timings,
    limits: options.limits,
    random,
    term: persistent.term,
    vote: persistent.vote,
    ...membershipAtBoot(persistent, identity),
    log,
    leader: undefined,
    ...wholenessAtBoot(persistent, log),
    recoveryTarget: undefined,
    isOutdated: persistent.remembered.isOutdated,
    knownBoots: new Map(persistent.remembered.knownBoots.map(boot => [boot.id, boot])),
    commitNotedAt: now,
    isHopelessTold: false,
    bootedAt: now,
    pendingCommit: noPosition,
    durableIndex: log.lastIndex,
    appliedIndex: persistent.applied.index,
    commandLevel: 0,
    applyIndex: persistent.applied.index,
    unpersisted: [],
    isDiskStalled: false,
    facts: new Map(),
    mustRenewFact: false,
    sequence: 0,
    peers: new Map(),
    // Before the first round of our term; so that after a restart its next one counts as news.
    seen: { term: persistent.term, round: 0 },
    seenAt: now,
    support: undefined,
    supportedAt: now,
    ...leasesAtBoot(persistent, timings, now),
    isOlderLeaseReleased: false,
    deferCommitUntil: undefined,
    horizon: undefined,
    clockTrustedSince: never,
    electionDeadline: (now +
      nextBetween(random, electionTimeoutMs, 2 * electionTimeoutMs)) as MonotonicMs,
    heartbeatDeadline: now,
    lostElections: 0,
    tally: new Set(),
    leadership: undefined,
    pull: undefined,
    fetchingFrom: undefined,
    sourceReason: undefined,
    sourceChangedAt: now,
    pullCount: 0,
    deniedSources: new Map(),
    children: new Map(),
    isReportDue: false,
    readRounds: 0,
    rarelyTold: new Map(),
  };
  followMembers(replica);
  return replica;
}

/**
 * Whoever has a configuration goes on as a follower. But one that has left and is started again
 * waits like a newcomer, until a configuration of after its departure awaits it: then it comes back
 * with all that its disk holds.
 */
function membershipAtBoot(
  { config, remembered }: PersistentState,
  identity: Identity,
): Pick<Replica, 'config' | 'leftConfig' | 'role' | 'departure' | keyof Newcomer> {
  const hasLeft = remembered.isDeparted && !isMember(config, identity);
  const known = hasLeft ? undefined : config;
  const leftConfig = hasLeft ? config : undefined;
  return {
    config: known,
    leftConfig,
    role: known === undefined ? 'fresh' : 'follower',
    departure: hasLeft ? 'done' : 'none',
    sponsor: undefined,
    awaitedIn: leftConfig?.id ?? noConfig,
    awaitedBy: leftConfig?.clusterId,
    isForeignTold: false,
    isWaitingTold: false,
    missingTold: '',
  };
}

/** Is everything still there that was committed when this server looked last? */
function wholenessAtBoot(
  { applied, remembered }: PersistentState,
  log: Log,
): Pick<Replica, 'commit' | 'notedCommit' | 'removedFrom' | 'isRecovering'> {
  const { committed = noPosition, removedFrom, isRecovering } = remembered;
  const isInState = committed.index <= Math.max(applied.index, log.base.index);
  const isWhole = isInState || holds(log, committed);
  const isAhead = isWhole && !isInState && comparePositions(committed, applied) > 0;
  return {
    commit: isAhead ? committed : applied,
    notedCommit: committed,
    removedFrom,
    isRecovering: isRecovering || !isWhole,
  };
}

/** Whoever has seen a round before it was restarted still owes its leader the whole lease. */
function leasesAtBoot(
  { remembered, term }: PersistentState,
  { leaseMs }: Timings,
  now: MonotonicMs,
): Pick<Replica, 'leaseSeenAt' | 'seenLeaseMs' | 'leaseOwedMs' | 'olderLeaseEndsAt'> {
  // A directory that did not keep it may have seen rounds in any term that it has lived in.
  const leaseOwedMs = remembered.leaseOwedMs ?? (term > 0 ? leaseMs : 0);
  const isOwing = leaseOwedMs > 0;
  return {
    leaseSeenAt: isOwing ? now : never,
    seenLeaseMs: leaseOwedMs,
    leaseOwedMs,
    olderLeaseEndsAt: isOwing ? ((now + leaseOwedMs) as MonotonicMs) : never,
  };
}
