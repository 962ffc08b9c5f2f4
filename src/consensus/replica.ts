import type { ClusterEvent, SourceReason } from '../events/cluster-event.ts';
import type { ClusterReference } from './config.ts';
import type { Log } from './log.ts';
import { isMember, memberOf } from './quorum.ts';
import type { RandomState } from './random.ts';
import type {
  ClusterId,
  Config,
  ConfigId,
  DirectoryId,
  Fact,
  GossipMap,
  Identity,
  KnownBoot,
  Limits,
  LogIndex,
  MemberChange,
  MonotonicMs,
  NodeId,
  Position,
  Role,
  Round,
  Term,
  Timings,
  WallMs,
} from './types.ts';

/** What we know of the way to a peer. Liveness only. */
export type Peer = {
  readonly id: NodeId;
  /** The newest fact of each owner that we have sent to the peer; what it lacks is news to it. */
  told: Map<NodeId, Fact>;
  /** It said last that it is no member, or is one with another directory. */
  isOutsider: boolean;
  /** When a heartbeat of ours was answered last: the link works both ways. */
  confirmedAt: MonotonicMs;
  isReached: boolean;
  /** Smoothed round trip time. */
  roundTripMs: number;
  /** A position report waits for its answer since then; only one is on its way. */
  reportedAt: MonotonicMs | undefined;
  /** The candidacy that we have refused to vote for, to say so only once. */
  deniedTerm: Term;
  /** It knows of itself at least what we know of it. Before, our messages tell it that. */
  hasShownItself: boolean;
  /** Its settings are other ones than ours, and this was told. */
  hasOtherTiming: boolean;
};

/** A server that pulls from us, and how far it was served. */
export type Child = {
  readonly puller: NodeId;
  readonly pullId: number;
  /** The last entry that was sent. */
  sent: Position;
  sentBytes: number;
  consumedBytes: number;
  windowBytes: number;
  /** The commit index that the puller was told of last. */
  sentCommitIndex: LogIndex;
  sentAt: MonotonicMs;
  heardAt: MonotonicMs;
  /** Entries are being read from the disk for it. */
  isReading: boolean;
};

/** The stream on which we pull. */
export type Pull = {
  readonly source: NodeId;
  readonly pullId: number;
  /** What was asked for; an answer counts only while our log still ends there (rule 13). */
  readonly askedPrev: Position;
  readonly askedLast: Position;
  readonly askedGeneration: number;
  /** The source has shown that it holds `askedPrev`. */
  isMatched: boolean;
  consumedBytes: number;
  /** What the source was told of `consumedBytes`. */
  grantedBytes: number;
  askedAt: MonotonicMs;
  heardAt: MonotonicMs;
  /** When the newest stream from this source was opened. */
  readonly beganAt: MonotonicMs;
  /** A batch was lost: the stream brings nothing more that we could use. */
  hasGap: boolean;
  /** The source, the server from which it pulls, and so on up to the root. */
  path: readonly NodeId[];
  /** Since when somebody is known to be ahead of us although the source sends nothing. */
  stalledAt: MonotonicMs | undefined;
};

export type WaitingRead = { readonly id: number; readonly round: number };

/** What only a leader knows. */
export type Leadership = {
  round: number;
  /** Start times of the rounds since the newest confirmed one, oldest first. */
  rounds: { readonly round: number; readonly startedAt: MonotonicMs }[];
  confirmedRound: number;
  /** Start of the newest round that a quorum has seen. */
  confirmedAt: MonotonicMs;
  reads: WaitingRead[];
  /** Proposals that wait for their commit. */
  uncommitted: { readonly lastIndex: LogIndex; readonly bytes: number }[];
  uncommittedBytes: number;
  /** No read is answered on a lease whose round is older than this one. */
  leaseFromRound: number;
  /** The lease was ended for an heir, for the rest of the term: the heir may still be elected. */
  isLeaseReleased: boolean;
  handOver: HandOver | undefined;
  /** Wanted changes of the members, oldest first. */
  memberRequests: MemberRequest[];
  /** What was committed a while ago: who holds that has caught up. */
  catchUpIndex: LogIndex;
  /** What the clocks showed at the first proposal: the stamps of entries count from there. */
  stampsFrom: { readonly wallMs: WallMs; readonly now: MonotonicMs } | undefined;
  /** Not before then it is tried again to find a leader in the place of one that shall go. */
  retireAt: MonotonicMs;
};

/** `configId` is that of the configuration which does what is wanted, once it is made. */
export type MemberRequest = {
  readonly id: number;
  readonly changes: readonly MemberChange[];
  readonly configId: ConfigId | undefined;
};

/** A leadership on its way to another server. */
export type HandOver = {
  /** Of the request that waits for it; undefined when it is our own idea. */
  readonly id: number | undefined;
  readonly to: NodeId;
  readonly startedAt: MonotonicMs;
  /** The heir has everything, and was told to campaign. */
  isNamed: boolean;
};

/** Everything that was committed at `asOf` (our clock) lies at or below `upTo`. */
export type Horizon = { readonly asOf: MonotonicMs; readonly upTo: Position };

/** What counts only while a server is fresh. */
export type Newcomer = {
  /** The directory of the founder that we have answered. */
  sponsor: DirectoryId | undefined;
  /** The newest configuration that waits for us, or does without us: no older one is ours. */
  awaitedIn: ConfigId;
  /** The cluster that waits for us, or that we have left: no other one is listened to. */
  awaitedBy: ClusterId | undefined;
  isForeignTold: boolean;
  isWaitingTold: boolean;
  missingTold: string;
};

/** The protocol's whole state at one server: plain data, to be copied, compared and printed. */
export type Replica = Newcomer & {
  readonly identity: Identity;
  readonly timings: Timings;
  readonly limits: Limits;
  readonly random: RandomState;

  // Durable: changed only together with the effect that writes it.
  term: Term;
  vote: NodeId | undefined;
  config: Config | undefined;
  readonly log: Log;

  role: Role;
  /** The leader of `term`, once a round of it was seen. */
  leader: NodeId | undefined;
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
  /** Appends that are not durable yet, oldest first. */
  unpersisted: { readonly lastIndex: LogIndex; readonly appendedAt: MonotonicMs }[];
  isDiskStalled: boolean;

  /** A part of the log was lost: no vote, nothing durable for others. Durable. */
  isRecovering: boolean;
  /** Its directory is an older copy, which has forgotten votes: nothing is ever done with it. */
  isOutdated: boolean;
  /** The newest boot of each other member that was heard of, in this life or an earlier one. */
  readonly knownBoots: Map<NodeId, KnownBoot>;
  /** What must be held until this is over; undefined while no leader has told. */
  recoveryTarget: Position | undefined;
  /** Durable, as are the two positions below. */
  removedFrom: Position | undefined;
  notedCommit: Position;
  commitNotedAt: MonotonicMs;
  isHopelessTold: boolean;
  readonly bootedAt: MonotonicMs;

  /** The newest fact of every known server, our own included. */
  readonly facts: GossipMap;
  /** Our own fact is written anew before the next message, although it says nothing new. */
  mustRenewFact: boolean;
  sequence: number;
  readonly peers: Map<NodeId, Peer>;

  seen: Round;
  seenAt: MonotonicMs;
  support: NodeId | undefined;
  supportedAt: MonotonicMs;
  /** When a round of any leader was heard last, by our own clock; a boot counts as such. */
  leaseSeenAt: MonotonicMs;
  /** The lease that this round gives to its leader, by the leader's settings. */
  seenLeaseMs: number;
  /** What we would owe after a restart; durable. */
  leaseOwedMs: number;
  /** Until then a leader of a term before ours may hold a lease, as far as we know. */
  olderLeaseEndsAt: MonotonicMs;
  /** The leader before us, or before the candidate that has our vote, has ended its lease. */
  isOlderLeaseReleased: boolean;
  /** The end of the longest older lease that our voters know of: no commit before it. */
  deferCommitUntil: MonotonicMs | undefined;
  /** Up to when we know what was committed, for reads of bounded staleness. */
  horizon: Horizon | undefined;
  /** Durations that began before it may have been longer than our clock tells. */
  clockTrustedSince: MonotonicMs;
  electionDeadline: MonotonicMs;
  heartbeatDeadline: MonotonicMs;
  /** Candidacies of ours in a row that found no majority, since a leader was known. */
  lostElections: number;
  /** Who supports us, in a pre-vote or a vote. */
  readonly tally: Set<NodeId>;

  leadership: Leadership | undefined;
  pull: Pull | undefined;
  /** The host is getting a snapshot from this server; nothing is pulled until it is there. */
  fetchingFrom: NodeId | undefined;
  /** Why the current source was chosen. */
  sourceReason: SourceReason | undefined;
  sourceChangedAt: MonotonicMs;
  pullCount: number;
  /** Sources not to be chosen before the given time. */
  readonly deniedSources: Map<NodeId, MonotonicMs>;
  readonly children: Map<NodeId, Child>;
  /** Durable positions, ours or relayed, that the leader may not know. */
  isReportDue: boolean;
  /** Rounds that were started since the boot to confirm reads, and for nothing else. */
  readRounds: number;

  /** When events that may come all the time were told last. */
  readonly rarelyTold: Map<ClusterEvent['type'], MonotonicMs>;
  /** Not named any more: since it was told, until nobody needs us. */
  departure: 'none' | 'awaited' | 'done';
  /** The configuration under which this server has left, in an earlier life: where to knock. */
  readonly leftConfig: Config | undefined;
};

/** Before every moment of any clock. */
export const never = Number.NEGATIVE_INFINITY as MonotonicMs;

/**
 * The members are our peers; while we are none of them, the servers of the file. Those that are
 * peers already keep what is known of them.
 */
export function followMembers(replica: Replica): void {
  const { identity } = replica;
  const config = replica.config ?? replica.leftConfig;
  const others = isMember(config, identity) ? [] : identity.listedServers;
  const ids = new Set([...(config?.members ?? []), ...others].map(({ id }) => id));
  for (const id of replica.peers.keys()) {
    if (ids.has(id)) continue;
    replica.peers.delete(id);
    replica.children.delete(id);
    replica.tally.delete(id);
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
export const clusterOf = ({ config, awaitedBy, identity }: Replica): ClusterReference => ({
  clusterId: config?.clusterId ?? awaitedBy,
  clusterName: identity.clusterName,
});

/** A voter with a whole log: it may elect and be elected. */
export const mayVote = (replica: Replica): boolean => !replica.isRecovering && isVoter(replica);

export const isVoter = (replica: Replica): boolean =>
  isMember(replica.config, replica.identity) &&
  memberOf(replica.config, replica.identity.id)?.isVoter === true;
