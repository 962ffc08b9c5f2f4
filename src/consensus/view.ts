import { type Objection, objectionTo, type Sender } from './adoption.ts';
import type { ClusterReference } from './config.ts';
import { describe, type ReplicaDescription } from './describe.ts';
import { bareEnvelope } from './envelope.ts';
import { horizonOf, staleMsOf } from './freshness.ts';
import { isKnownOwner } from './gossip.ts';
import {
  beginLeaseRead,
  type LeaseRead,
  leaseReadRemainingMs,
  leaseRemainingMs,
} from './leases.ts';
import { positionAt } from './log.ts';
import { isInstalled } from './reconfigure.ts';
import { unnotedCommit } from './recovery.ts';
import { clusterOf, type Replica } from './replica.ts';
import type { Horizon } from './replica-parts.ts';
import { currentStamp } from './stamps.ts';
import type {
  Config,
  Envelope,
  Identity,
  LogIndex,
  MonotonicMs,
  NodeId,
  Position,
  Role,
  Term,
  Timings,
  WallMs,
} from './types.ts';

/**
 * What others may know of a replica: as of the moment at which it is asked, and without changing
 * anything. How the replica keeps it is the core's own business.
 */
export type View = {
  readonly identity: Identity;
  readonly timings: Timings;
  readonly cluster: ClusterReference;
  /** The configuration that counts, or under which this server has left. */
  readonly newestConfig: Config | undefined;
  /** The servers that this one talks to. */
  readonly peers: readonly NodeId[];
  readonly role: Role;
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly leader: NodeId | undefined;
  readonly commit: Position;
  /** The newest commit index heard of; our own log may not reach it yet. */
  readonly knownCommitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  /** Committed and durable here, but not written down as such. */
  readonly unnotedCommit: Position | undefined;
  /** Entries of this leader wait for their commit. */
  readonly isCommitting: boolean;
  /** Rounds that were started since the boot to confirm reads, and for nothing else. */
  readonly readRounds: number;
  /** Durations that began before it may have been longer than the clock tells. */
  readonly clockTrustedSince: MonotonicMs;
  readonly horizon: Horizon | undefined;
  /** How old the horizon is at most, by any clock. */
  staleMs(horizon: Horizon, now: MonotonicMs): number;
  leaseRemainingMs(now: MonotonicMs): number;
  /** Undefined when a quorum must be asked. */
  beginLeaseRead(now: MonotonicMs): LeaseRead | undefined;
  /** What is left of the lease on which the read began; at 0 its answer must not leave. */
  leaseReadRemainingMs(read: LeaseRead, now: MonotonicMs): number;
  /** The stamp that an entry would get now; undefined before the first one of a leadership. */
  stamp(now: MonotonicMs): WallMs | undefined;
  /** The position at an index that is still in the log. */
  positionAt(index: LogIndex): Position;
  /** Is it a member (or, while there is no cluster, a server of the file)? */
  isKnown(server: Pick<Identity, 'id' | 'directoryId'>): boolean;
  /** For a request of the host's own: it says who asks, and tells nothing. */
  envelopeTo(server: NodeId): Envelope;
  /** Would this server believe the configuration, if the sender showed it? */
  objectionTo(config: Config, sender: Sender): Objection | undefined;
  /** Members of which it is not known that they understand commands of a level. */
  membersBelow(commandLevel: number): readonly NodeId[];
  /** Is the leader's configuration the one that every later leader will start from? */
  readonly isConfigInstalled: boolean;
  describe(now: MonotonicMs): ReplicaDescription;
};

export function view(replica: Replica): View {
  return {
    identity: replica.identity,
    timings: replica.timings,
    get cluster() {
      return clusterOf(replica);
    },
    get newestConfig() {
      return replica.config ?? replica.departure.leftConfig;
    },
    get peers() {
      return [...replica.peers.keys()];
    },
    get role() {
      return replica.role;
    },
    get term() {
      return replica.term;
    },
    get vote() {
      return replica.vote;
    },
    get leader() {
      return replica.leader;
    },
    get commit() {
      return replica.commit;
    },
    get knownCommitIndex() {
      return Math.max(replica.commit.index, replica.pendingCommit.index) as LogIndex;
    },
    get appliedIndex() {
      return replica.appliedIndex;
    },
    get unnotedCommit() {
      return unnotedCommit(replica);
    },
    get isCommitting() {
      return (replica.leadership?.uncommittedBytes ?? 0) > 0;
    },
    get readRounds() {
      return replica.readRounds;
    },
    get clockTrustedSince() {
      return replica.freshness.clockTrustedSince;
    },
    get horizon() {
      return horizonOf(replica);
    },
    get isConfigInstalled() {
      return replica.config !== undefined && isInstalled(replica, replica.config);
    },
    staleMs: (horizon, now) => staleMsOf(replica, horizon, now),
    leaseRemainingMs: now => leaseRemainingMs(replica, now),
    beginLeaseRead: now => beginLeaseRead(replica, now),
    leaseReadRemainingMs: (read, now) => leaseReadRemainingMs(replica, read, now),
    stamp: now => currentStamp(replica, now),
    membersBelow: commandLevel => membersBelow(replica, commandLevel),
    positionAt: index => positionAt(replica.log, index),
    isKnown: ({ id, directoryId }) => isKnownOwner(replica, id, directoryId),
    envelopeTo: server => bareEnvelope(replica, server),
    objectionTo: (config, sender) => objectionTo(replica, config, sender),
    describe: now => describe(replica, now),
  };
}

function membersBelow({ config, facts }: Replica, commandLevel: number): readonly NodeId[] {
  const members = config?.members.map(({ id }) => id) ?? [];
  return members.filter(id => (facts.get(id)?.fact.commandLevel ?? 0) < commandLevel);
}
