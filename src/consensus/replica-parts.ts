import type {
  ClusterId,
  Config,
  ConfigId,
  DirectoryId,
  Fact,
  LogIndex,
  MemberChange,
  MonotonicMs,
  NodeId,
  Position,
  Round,
  Term,
  WallMs,
} from './types.ts';

/* What a replica is made of: one part for each of the files that own it. */

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
export type Puller = {
  readonly id: NodeId;
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
  /** What was asked for; an answer counts only while our log still ends there (rule 6). */
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
  /** The lease was ended for a transferee, which may still be elected: so for the whole term. */
  isLeaseReleased: boolean;
  transfer: Transfer | undefined;
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
export type Transfer = {
  /** Of the request that waits for it; undefined when it is our own idea. */
  readonly id: number | undefined;
  readonly to: NodeId;
  readonly startedAt: MonotonicMs;
  /** The transferee has everything, and was told to campaign. */
  isNamed: boolean;
};

/** Everything that was committed at `asOf` (our clock) lies at or below `upTo`. */
export type Horizon = { readonly asOf: MonotonicMs; readonly upTo: Position };

/** Elections that we stand in, and candidacies that we judge (election). */
export type ElectionState = {
  /** When it passes without a round of a leader, we ask whether we would be elected. */
  deadline: MonotonicMs;
  /** Our consecutive candidacies that found no majority, since a leader was known. */
  lostCount: number;
  /** Who supports us, in a pre-vote or a vote. */
  readonly tally: Set<NodeId>;
  /** The pre-candidate that we would vote for. */
  support: NodeId | undefined;
  supportedAt: MonotonicMs;
};

/** That there is a leader, as far as it has shown itself to us (rounds). */
export type LeaderEvidence = {
  /** The newest round that has reached us, over whatever path. */
  seen: Round;
  /** When that round was started, by our clock and the ages gathered on its way. */
  seenAt: MonotonicMs;
};

/** What we owe to leaders that may still answer reads alone (leases). */
export type LeaseDebts = {
  /** When a round of any leader was heard last, by our own clock; a boot counts as such. */
  seenAt: MonotonicMs;
  /** The lease that this round gives to its leader, by the leader's settings. */
  seenMs: number;
  /** What we would owe after a restart; durable. */
  owedMs: number;
  /** Until then a leader of a term before ours may hold a lease, as far as we know. */
  olderEndsAt: MonotonicMs;
  /** The leader before us, or before the candidate that has our vote, has ended its lease. */
  isOlderReleased: boolean;
  /** The end of the longest older lease that our voters know of: no commit before it. */
  deferCommitUntil: MonotonicMs | undefined;
};

/** Up to when we know what was committed (freshness). */
export type Freshness = {
  horizon: Horizon | undefined;
  /** Durations that began before it may have been longer than our clock tells. */
  clockTrustedSince: MonotonicMs;
};

/** From whom we pull (pull-entries, sync-source, install-snapshot). */
export type Pulling = {
  stream: Pull | undefined;
  /** The host is getting a snapshot from this server; nothing is pulled until it is there. */
  fetchingFrom: NodeId | undefined;
  sourceChangedAt: MonotonicMs;
  /** Streams that were opened since the boot: their ids count on from here. */
  streamCount: number;
  /** Sources not to be chosen before the given time. */
  readonly deniedSources: Map<NodeId, MonotonicMs>;
};

/** What our disk has not finished yet (appending, tick). */
export type DiskState = {
  /** Appends that are not durable yet, oldest first. */
  unpersisted: { readonly lastIndex: LogIndex; readonly appendedAt: MonotonicMs }[];
  isStalled: boolean;
};

/** Whether our log holds what it has acknowledged (recovery). */
export type Recovery = {
  /** A part of the log was lost: no vote, nothing durable for others. Durable. */
  isRecovering: boolean;
  /** What must be held until this is over; undefined while no leader has told. */
  target: Position | undefined;
  /** Where entries were removed last. Durable. */
  removedFrom: Position | undefined;
  /** The newest commit position that was written down. Durable. */
  notedCommit: Position;
  commitNotedAt: MonotonicMs;
  isHopelessTold: boolean;
};

/** What we have told of ourselves (gossip). */
export type OwnFact = {
  /** How many facts this boot has published. */
  sequence: number;
  /** It is written anew before the next message, although it says nothing new. */
  mustRenew: boolean;
};

/** What counts only while a server is fresh (founding). */
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

/** How we leave (departure). */
export type Departure = {
  /** Not named any more: since it was told, until nobody needs us. */
  state: 'none' | 'awaited' | 'done';
  /** The configuration under which this server has left, in an earlier life: where to knock. */
  readonly leftConfig: Config | undefined;
};
