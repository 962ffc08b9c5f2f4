import { type Objection, objectionTo, type Sender } from './adoption.ts';
import type { ClusterReference } from './cluster-identity.ts';
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

/** It has the identity of the replica that it shows, and nothing of its own. */
class ReplicaView implements View {
  readonly #replica: Replica;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  get identity(): Identity {
    return this.#replica.identity;
  }

  get timings(): Timings {
    return this.#replica.timings;
  }

  get cluster(): ClusterReference {
    return clusterOf(this.#replica);
  }

  get newestConfig(): Config | undefined {
    return this.#replica.config ?? this.#replica.departure.leftConfig;
  }

  get peers(): readonly NodeId[] {
    return [...this.#replica.peers.keys()];
  }

  get role(): Role {
    return this.#replica.role;
  }

  get term(): Term {
    return this.#replica.term;
  }

  get vote(): NodeId | undefined {
    return this.#replica.vote;
  }

  get leader(): NodeId | undefined {
    return this.#replica.leader;
  }

  get commit(): Position {
    return this.#replica.commit;
  }

  get knownCommitIndex(): LogIndex {
    return Math.max(this.#replica.commit.index, this.#replica.pendingCommit.index) as LogIndex;
  }

  get appliedIndex(): LogIndex {
    return this.#replica.appliedIndex;
  }

  get unnotedCommit(): Position | undefined {
    return unnotedCommit(this.#replica);
  }

  get isCommitting(): boolean {
    return (this.#replica.leadership?.uncommittedBytes ?? 0) > 0;
  }

  get readRounds(): number {
    return this.#replica.readRounds;
  }

  get clockTrustedSince(): MonotonicMs {
    return this.#replica.freshness.clockTrustedSince;
  }

  get horizon(): Horizon | undefined {
    return horizonOf(this.#replica);
  }

  get isConfigInstalled(): boolean {
    return this.#replica.config !== undefined && isInstalled(this.#replica, this.#replica.config);
  }

  staleMs(horizon: Horizon, now: MonotonicMs): number {
    return staleMsOf(this.#replica, horizon, now);
  }

  leaseRemainingMs(now: MonotonicMs): number {
    return leaseRemainingMs(this.#replica, now);
  }

  beginLeaseRead(now: MonotonicMs): LeaseRead | undefined {
    return beginLeaseRead(this.#replica, now);
  }

  leaseReadRemainingMs(read: LeaseRead, now: MonotonicMs): number {
    return leaseReadRemainingMs(this.#replica, read, now);
  }

  stamp(now: MonotonicMs): WallMs | undefined {
    return currentStamp(this.#replica, now);
  }

  membersBelow(commandLevel: number): readonly NodeId[] {
    return membersBelow(this.#replica, commandLevel);
  }

  positionAt(index: LogIndex): Position {
    return positionAt(this.#replica.log, index);
  }

  isKnown({ id, directoryId }: Pick<Identity, 'id' | 'directoryId'>): boolean {
    return isKnownOwner(this.#replica, id, directoryId);
  }

  envelopeTo(server: NodeId): Envelope {
    return bareEnvelope(this.#replica, server);
  }

  objectionTo(config: Config, sender: Sender): Objection | undefined {
    return objectionTo(this.#replica, config, sender);
  }

  describe(now: MonotonicMs): ReplicaDescription {
    return describe(this.#replica, now);
  }
}

export const view = (replica: Replica): View => new ReplicaView(replica);

function membersBelow({ config, facts }: Replica, commandLevel: number): readonly NodeId[] {
  const members = config?.members.map(({ id }) => id) ?? [];
  return members.filter(id => (facts.get(id)?.fact.commandLevel ?? 0) < commandLevel);
}
