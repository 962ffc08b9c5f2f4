import type { ClusterEvent } from '../events/cluster-event.ts';
import type { ClusterReference } from './cluster-identity.ts';
import type { Log } from './log.ts';
import { isMember, memberOf } from './quorum.ts';
import type { RandomState } from './random.ts';
import type {
  Departure,
  DiskState,
  ElectionState,
  Freshness,
  LeaderEvidence,
  Leadership,
  LeaseDebts,
  Newcomer,
  OwnFact,
  Peer,
  Puller,
  Pulling,
  Recovery,
} from './replica-parts.ts';
import type {
  Config,
  GossipMap,
  Identity,
  KnownBoot,
  Limits,
  LogIndex,
  MonotonicMs,
  NodeId,
  Position,
  Role,
  Term,
  Timings,
} from './types.ts';

/**
 * The protocol's whole state at one server: plain data, to be copied, compared and printed. What
 * several rules speak of stands here by itself; the rest in the part of the file that owns it.
 */
export type Replica = {
  readonly identity: Identity;
  readonly timings: Timings;
  readonly limits: Limits;
  readonly random: RandomState;
  readonly bootedAt: MonotonicMs;

  // Durable: changed only together with the effect that writes it.
  term: Term;
  vote: NodeId | undefined;
  config: Config | undefined;
  readonly log: Log;
  /** Its directory is an older copy, which has forgotten votes: nothing is ever done with it. */
  isOutdated: boolean;
  /** The newest boot of each other member that was heard of, in this life or an earlier one. */
  readonly knownBoots: Map<NodeId, KnownBoot>;

  role: Role;
  /** The leader of `term`, once a round of it was seen. */
  leader: NodeId | undefined;
  leadership: Leadership | undefined;
  /** When `beat` is due: the rounds of a leader, and what everybody does once per interval. */
  heartbeatDeadline: MonotonicMs;

  // appliedIndex <= applyIndex <= both commit and durableIndex <= the end of the log.
  /** The newest committed position in our log. */
  commit: Position;
  /** The newest commit position heard of that our log cannot use yet. */
  pendingCommit: Position;
  durableIndex: LogIndex;
  appliedIndex: LogIndex;
  /** Commands of a higher level are not in use; the host says so. */
  commandLevel: number;
  /** Up to here the host was told to apply. */
  applyIndex: LogIndex;

  /** The newest fact of every known server, our own included. */
  readonly facts: GossipMap;
  readonly peers: Map<NodeId, Peer>;
  readonly pullers: Map<NodeId, Puller>;
  /** Durable positions, ours or relayed, that the leader may not know. */
  isReportDue: boolean;
  /** Rounds that were started since the boot to confirm reads, and for nothing else. */
  readRounds: number;
  /** When events that may come all the time were told last. */
  readonly rarelyTold: Map<ClusterEvent['type'], MonotonicMs>;

  readonly ownFact: OwnFact;
  readonly election: ElectionState;
  readonly evidence: LeaderEvidence;
  readonly leases: LeaseDebts;
  readonly freshness: Freshness;
  readonly pulling: Pulling;
  readonly disk: DiskState;
  readonly recovery: Recovery;
  readonly newcomer: Newcomer;
  readonly departure: Departure;
};

/** Before every moment of any clock. */
export const never = Number.NEGATIVE_INFINITY as MonotonicMs;

/**
 * The members are our peers; while we are none of them, the servers of the file. Those that are
 * peers already keep what is known of them.
 */
export function followMembers(replica: Replica): void {
  const { identity } = replica;
  const config = replica.config ?? replica.departure.leftConfig;
  const others = isMember(config, identity) ? [] : identity.listedServers;
  const ids = new Set([...(config?.members ?? []), ...others].map(({ id }) => id));
  for (const id of replica.peers.keys()) {
    if (ids.has(id)) continue;
    replica.peers.delete(id);
    replica.pullers.delete(id);
    replica.election.tally.delete(id);
  }
  for (const id of ids) {
    if (id === replica.identity.id || replica.peers.has(id)) continue;
    replica.peers.set(id, {
      id,
      told: new Map(),
      isOutsider: false,
      confirmedAt: never,
      isReached: false,
      roundTripMs: 0,
      reportedAt: undefined,
      deniedTerm: 0 as Term,
      hasShownItself: false,
      hasOtherTiming: false,
    });
  }
}

/** A link that has not answered for this long is taken for broken. */
export const linkTimeoutMs = ({ heartbeatIntervalMs, electionTimeoutMs }: Timings): number =>
  Math.max(3 * heartbeatIntervalMs, electionTimeoutMs / 2);

export function isLinkUp(replica: Replica, peer: NodeId, now: MonotonicMs): boolean {
  const confirmedAt = replica.peers.get(peer)?.confirmedAt;
  return confirmedAt !== undefined && now - confirmedAt < linkTimeoutMs(replica.timings);
}

/**
 * The cluster to which this server belongs: without an identity while it belongs to none. One that
 * has left may come back to no other one: what it holds is of this one.
 */
export const clusterOf = ({ config, newcomer, identity }: Replica): ClusterReference => ({
  clusterId: config?.clusterId ?? newcomer.awaitedBy,
  clusterName: identity.clusterName,
});

/** A voter with a whole log: it may elect and be elected. */
export const mayVote = (replica: Replica): boolean =>
  !replica.recovery.isRecovering && isVoter(replica);

export const isVoter = (replica: Replica): boolean =>
  isMember(replica.config, replica.identity) &&
  memberOf(replica.config, replica.identity.id)?.isVoter === true;
