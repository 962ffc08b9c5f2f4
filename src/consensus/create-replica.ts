import { createLog, holds, type Log } from './log.ts';
import { comparePositions, noPosition } from './position.ts';
import { isMember } from './quorum.ts';
import { nextBetween } from './random.ts';
import { followMembers, never, type Replica } from './replica.ts';
import type { LeaseDebts, Recovery } from './replica-parts.ts';
import { later } from './time.ts';
import type {
  ConfigId,
  Identity,
  Limits,
  MonotonicMs,
  PersistentState,
  Position,
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
    bootedAt: now,
    term: persistent.term,
    vote: persistent.vote,
    ...membershipAtBoot(persistent, identity),
    log,
    isOutdated: persistent.remembered.isOutdated,
    knownBoots: new Map(persistent.remembered.knownBoots.map(boot => [boot.id, boot])),
    leader: undefined,
    leadership: undefined,
    heartbeatDeadline: now,
    commit: commitAtBoot(persistent, log),
    pendingCommit: noPosition,
    durableIndex: log.lastIndex,
    appliedIndex: persistent.applied.index,
    commandLevel: 0,
    applyIndex: persistent.applied.index,
    facts: new Map(),
    peers: new Map(),
    pullers: new Map(),
    isReportDue: false,
    readRounds: 0,
    rarelyTold: new Map(),
    ownFact: { sequence: 0, mustRenew: false },
    election: {
      deadline: later(now, nextBetween(random, electionTimeoutMs, 2 * electionTimeoutMs)),
      lostCount: 0,
      tally: new Set(),
      support: undefined,
      supportedAt: now,
    },
    // Before the first round of our term; so that after a restart its next one counts as news.
    evidence: { seen: { term: persistent.term, round: 0 }, seenAt: now },
    leases: leasesAtBoot(persistent, timings, now),
    freshness: { horizon: undefined, clockTrustedSince: never },
    pulling: {
      stream: undefined,
      fetchingFrom: undefined,
      sourceChangedAt: now,
      streamCount: 0,
      deniedSources: new Map(),
    },
    disk: { unpersisted: [], isStalled: false },
    recovery: recoveryAtBoot(persistent, log, now),
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
): Pick<Replica, 'config' | 'role' | 'departure' | 'newcomer'> {
  const hasLeft = remembered.isDeparted && !isMember(config, identity);
  const known = hasLeft ? undefined : config;
  const leftConfig = hasLeft ? config : undefined;
  return {
    config: known,
    role: known === undefined ? 'fresh' : 'follower',
    departure: { state: hasLeft ? 'done' : 'none', leftConfig },
    newcomer: {
      sponsor: undefined,
      awaitedIn: leftConfig?.id ?? noConfig,
      awaitedBy: leftConfig?.clusterId,
      isForeignTold: false,
      isWaitingTold: false,
      missingTold: '',
    },
  };
}

/** Is everything still there that was committed when this server looked last? */
function isWholeAtBoot({ applied, remembered }: PersistentState, log: Log): boolean {
  const { committed = noPosition } = remembered;
  return committed.index <= Math.max(applied.index, log.base.index) || holds(log, committed);
}

function commitAtBoot(persistent: PersistentState, log: Log): Position {
  const { applied, remembered } = persistent;
  const { committed = noPosition } = remembered;
  const isAhead =
    committed.index > Math.max(applied.index, log.base.index) &&
    holds(log, committed) &&
    comparePositions(committed, applied) > 0;
  return isAhead ? committed : applied;
}

function recoveryAtBoot(persistent: PersistentState, log: Log, now: MonotonicMs): Recovery {
  const { committed, removedFrom, isRecovering } = persistent.remembered;
  return {
    isRecovering: isRecovering || !isWholeAtBoot(persistent, log),
    target: undefined,
    removedFrom,
    notedCommit: committed ?? noPosition,
    commitNotedAt: now,
    isHopelessTold: false,
  };
}

/** Whoever has seen a round before it was restarted still owes its leader the whole lease. */
function leasesAtBoot(
  { remembered, term }: PersistentState,
  { leaseMs }: Timings,
  now: MonotonicMs,
): LeaseDebts {
  // A directory that did not keep it may have seen rounds in any term that it has lived in.
  const leaseOwedMs = remembered.leaseOwedMs ?? (term > 0 ? leaseMs : 0);
  const isOwing = leaseOwedMs > 0;
  return {
    seenAt: isOwing ? now : never,
    seenMs: leaseOwedMs,
    owedMs: leaseOwedMs,
    olderEndsAt: isOwing ? later(now, leaseOwedMs) : never,
    isOlderReleased: false,
    deferCommitUntil: undefined,
  };
}
