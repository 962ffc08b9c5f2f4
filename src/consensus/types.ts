import type { ClusterEvent } from '../events/cluster-event.ts';
import type {
  DirectoryId,
  LogIndex,
  MemberChange,
  MonotonicMs,
  NodeId,
  Position,
  Term,
  Timing,
  WallMs,
} from '../words.ts';

export type {
  DirectoryId,
  LogIndex,
  MemberChange,
  MonotonicMs,
  NodeId,
  Position,
  Term,
  Timing,
  WallMs,
};

/** One record of the replicated log. */
export type Entry = {
  readonly index: LogIndex;
  readonly term: Term;
  /** By the clock of the term's leader; 0 in a `noop`. Of two leaders they do not compare. */
  readonly wallMs: WallMs;
  /** A `noop` opens the term of a new leader and carries nothing. */
  readonly kind: 'noop' | 'command';
  /** Opaque to the protocol: encoded once at the door, never parsed on the way. */
  readonly payload: Uint8Array;
};

/** Order of configurations: the term of the leader that made it, then its version. */
export type ConfigId = { readonly term: Term; readonly version: number };
export type Member = {
  readonly id: NodeId;
  /** Where it is to be reached, `host:port`. For hosts: the protocol only passes it on. */
  readonly address: string;
  /** The address was changed: what older configuration files say of it is wrong. */
  readonly hasMoved: boolean;
  /** Undefined while a server that was added has not shown up yet. */
  readonly directoryId: DirectoryId | undefined;
  /** Counts in every quorum. Else it only pulls, until it has caught up. */
  readonly isVoter: boolean;
  /** It is to go, once the others can do without it. */
  readonly isLeaving: boolean;
};
export type Config = { readonly id: ConfigId; readonly members: readonly Member[] };

export type Role =
  /** Has never been part of a cluster; waits until all listed servers are there, or to be added. */
  | 'fresh'
  | 'follower'
  /** Asks whether it would be elected; nothing durable has changed yet. */
  | 'preCandidate'
  | 'candidate'
  | 'leader';

/** A leader's heartbeat number within its term. Only its leader makes it grow. */
export type Round = { readonly term: Term; readonly round: number };

/**
 * What one server says about itself: the only evidence that the protocol counts.
 *
 * Written by its owner, relayed by anyone, edited by nobody (protocol rule 1).
 */
export type Fact = {
  readonly owner: NodeId;
  readonly directoryId: DirectoryId;
  /** Counts the boots of the owner; durable before the first fact of that boot is sent. */
  readonly incarnation: number;
  /** Counts the facts of one incarnation. */
  readonly sequence: number;

  /** The owner's current term when it wrote this; durable before it was sent. */
  readonly term: Term;
  readonly role: Role;
  readonly leader: NodeId | undefined;
  /** The candidate that has the owner's vote in `term`; durable before it was sent. */
  readonly vote: NodeId | undefined;
  /** The pre-candidate that the owner would vote for in `term + 1`. Binds nobody. */
  readonly support: NodeId | undefined;

  /** The newest leader round that the owner has seen (a leader: its own). */
  readonly seen: Round;
  /** How long before this fact the round was started, summed over the clocks that it passed. */
  readonly seenAgeMs: number;
  /**
   * For how long `seen` lets its leader answer reads alone, by that leader's own settings. It
   * travels with the round: whoever has seen the one owes the other.
   */
  readonly seenLeaseMs: number;

  /** The last entry that survives a power cut at the owner. */
  readonly durable: Position;
  readonly last: Position;
  readonly commit: Position;
  readonly applied: LogIndex;
  readonly firstIndex: LogIndex;
  readonly logGeneration: number;

  /** Of a fresh server: the configuration that waits for it. */
  readonly configId: ConfigId;
  readonly source: NodeId | undefined;
  /** Hops of the pull path to its root: 0 for a leader or a server without a source. */
  readonly depth: number;
  readonly childCount: number;
  readonly isDiskStalled: boolean;
  /** The owner's own settings; for people, who should make them the same everywhere. */
  readonly timing: Timing;

  /** How long a leader of an older term may still hold its lease, as far as the owner knows. */
  readonly olderLeaseMs: number;
  /** Of a leader that hands over: it has ended its lease, and this server shall campaign. */
  readonly heir: NodeId | undefined;
  /** Of a candidate: the leader of the term before has ended its lease for it. */
  readonly isHeir: boolean;

  /** Only while fresh: the data directory of the server that may found the cluster with us. */
  readonly sponsor: DirectoryId | undefined;
  /** Only while fresh: identifies the member list of the configuration file. */
  readonly membersHash: string | undefined;
};

/** A fact on its way, with the time that it has spent at relays. */
export type GossipEntry = { readonly fact: Fact; readonly ageMs: number };
/** A fact at rest, with the moment (of our clock) at which its owner wrote it. */
export type KnownFact = { readonly fact: Fact; readonly writtenAt: MonotonicMs };
export type GossipMap = Map<NodeId, KnownFact>;

/** Which fact of an owner the sender knows; sent so that lost gossip is sent again. */
export type DigestEntry = {
  readonly owner: NodeId;
  readonly incarnation: number;
  readonly sequence: number;
};

/** What every message carries, both ways, and what is handled before the message itself. */
export type Envelope = {
  readonly clusterId: string;
  readonly from: NodeId;
  readonly fromDirectoryId: DirectoryId;
  readonly to: NodeId;
  readonly term: Term;
  /** The sender's own fact first, then the facts that are news to the receiver. */
  readonly facts: readonly GossipEntry[];
  /** Present on heartbeats: what the sender knows, for anti-entropy. */
  readonly digest: readonly DigestEntry[] | undefined;
  /** Present when the receiver's configuration is older than the sender's. */
  readonly config: Config | undefined;
};

export type Heartbeat = { readonly type: 'heartbeat'; readonly probeMs: number };
export type HeartbeatReply = {
  readonly type: 'heartbeatReply';
  readonly probeMs: number;
  /** Everything that was committed this long before the answer lies at or below `upTo`. */
  readonly staleMs: number | undefined;
  readonly upTo: Position;
};
/** Candidacy is a fact (role, term, last) in the envelope; this only carries it directly. */
export type RequestVote = { readonly type: 'requestVote' };
/** The vote is a fact in the envelope. */
export type RequestVoteReply = { readonly type: 'requestVoteReply' };
export type PullEntries = {
  readonly type: 'pullEntries';
  /** Chosen by the puller, grows with each new stream; stale answers are dropped by it. */
  readonly pullId: number;
  /** The entry after which the stream starts (a new pullId) or which was received last. */
  readonly prev: Position;
  /** Of the puller's log, echoed by a refusal (rule 13). */
  readonly logGeneration: number;
  /** Bytes received on this stream so far; absolute, so it may be lost or repeated. */
  readonly consumedBytes: number;
  /** How many bytes may be on their way. */
  readonly windowBytes: number;
};
export type PullBatch = {
  readonly type: 'pullBatch';
  readonly pullId: number;
  /** The entry before the first one of `entries`: every batch proves its own place. */
  readonly prev: Position;
  readonly entries: readonly Entry[];
  readonly sourceLast: Position;
  /** The source first, then the server it pulls from, up to the root: for the cycle check. */
  readonly path: readonly NodeId[];
};
export type PullRefusedReason =
  /** The source has no such entry. */
  | 'diverged'
  /** The source has dropped that part of the log. */
  | 'tooOld'
  /** The source cannot serve now (it is fresh, or does not know the puller as a member). */
  | 'notServing'
  /** The source has truncated its log under the stream. */
  | 'truncated';
export type PullRefused = {
  readonly type: 'pullRefused';
  readonly pullId: number;
  /** Echo of the request: the puller acts only while its log still looks like this (rule 13). */
  readonly prev: Position;
  readonly logGeneration: number;
  readonly reason: PullRefusedReason;
  readonly sourceLast: Position;
  /** `diverged`: the newest entry of the source at which the two logs may agree. */
  readonly hint: Position;
};
export type UpdatePosition = { readonly type: 'updatePosition' };
export type UpdatePositionReply = { readonly type: 'updatePositionReply' };

export type MessageBody =
  | Heartbeat
  | HeartbeatReply
  | RequestVote
  | RequestVoteReply
  | PullEntries
  | PullBatch
  | PullRefused
  | UpdatePosition
  | UpdatePositionReply;
export type Message = { readonly envelope: Envelope; readonly body: MessageBody };

/** A write that waits for a place in the log. The id is the host's and local to it. */
export type Proposal = { readonly id: number; readonly payload: Uint8Array };
export type RefusalReason =
  /** Another server leads, or none: nothing was appended. */
  | 'notLeader'
  /** This server is handing its leadership over: nothing was appended, try again at once. */
  | 'handingOver'
  /** More bytes wait for their commit than the limit allows: nothing was appended. */
  | 'overloaded';

export type MembersOutcome =
  /** A majority knows of it, and no leader will ever not; what is left of it takes its course. */
  | { readonly type: 'accepted' }
  /** Somebody else leads: it may have been accepted or not. */
  | { readonly type: 'deposed'; readonly leader: NodeId | undefined }
  | { readonly type: 'refused'; readonly problem: string };

/** What a server hears: everything that can change its state, and the only way to change it. */
export type Event =
  | { readonly type: 'message'; readonly message: Message }
  /** A deadline of `nextDeadline(replica)` may have passed. */
  | { readonly type: 'tick' }
  | {
      readonly type: 'propose';
      readonly proposals: readonly Proposal[];
      readonly wallMs: WallMs;
    }
  /** A linearizable read wants to know from which index on it may be answered. */
  | { readonly type: 'read'; readonly id: number }
  /** Hand the leadership to a voter, or to the best one. Answered by `handOverEnded`. */
  | { readonly type: 'handOver'; readonly id: number; readonly to: NodeId | undefined }
  /** Change the members. Answered by `membersChanged`. */
  | {
      readonly type: 'changeMembers';
      readonly id: number;
      readonly changes: readonly MemberChange[];
    }
  /** The clock cannot be trusted since the lease began: the machine slept, or its time jumped. */
  | { readonly type: 'clockJumped' }
  /** All entries up to `index` of that generation of the log are on the disk. */
  | { readonly type: 'persisted'; readonly logGeneration: number; readonly index: LogIndex }
  | { readonly type: 'applied'; readonly index: LogIndex }
  /** The answer to the effect `readEntries`; empty when the log has changed meanwhile. */
  | {
      readonly type: 'entriesRead';
      readonly puller: NodeId;
      readonly pullId: number;
      readonly entries: readonly Entry[];
    }
  /** The disk has let go of everything up to and including `baseIndex`. */
  | { readonly type: 'compacted'; readonly baseIndex: LogIndex }
  /** The answer to `fetchSnapshot`: it is durable here, or (undefined) could not be had. */
  | { readonly type: 'snapshotFetched'; readonly position: Position | undefined }
  /** A connection to the peer was made anew: what was sent before may be lost. */
  | { readonly type: 'connected'; readonly peer: NodeId };

/** What a server wants done: the host carries the effects out in this order. */
export type Effect =
  /** Durable when the effect returns. A failure ends the process. */
  | { readonly type: 'persistVote'; readonly term: Term; readonly vote: NodeId | undefined }
  /** Durable when the effect returns. A failure ends the process. */
  | { readonly type: 'persistConfig'; readonly config: Config }
  /** Durable when the effect returns. A failure ends the process. */
  | { readonly type: 'remember'; readonly what: Partial<Remembered> }
  /** Readable at once; the event `persisted` tells when it is durable. */
  | {
      readonly type: 'append';
      readonly entries: readonly Entry[];
      readonly logGeneration: number;
    }
  /** Removes the entries from `fromIndex` on, before anything that is appended after it. */
  | {
      readonly type: 'truncate';
      readonly fromIndex: LogIndex;
      /** The generation that starts with this truncation. */
      readonly logGeneration: number;
    }
  | { readonly type: 'send'; readonly message: Message }
  /** Wants entries that are no longer in memory, for a puller: answered by `entriesRead`. */
  | {
      readonly type: 'readEntries';
      readonly puller: NodeId;
      readonly pullId: number;
      readonly fromIndex: LogIndex;
      readonly throughIndex: LogIndex;
      readonly maxBytes: number;
    }
  /** Get the newest snapshot of the server: answered by `snapshotFetched`. */
  | { readonly type: 'fetchSnapshot'; readonly source: NodeId }
  /** All entries go, before anything that is appended after it; the next follows `base`. */
  | { readonly type: 'resetLog'; readonly base: Position; readonly logGeneration: number }
  /** The state is that of the fetched snapshot now; `applied` tells when. */
  | { readonly type: 'loadSnapshot'; readonly position: Position }
  /** All entries up to here are committed and durable here: apply them. */
  | { readonly type: 'apply'; readonly upTo: LogIndex }
  | { readonly type: 'accepted'; readonly id: number; readonly position: Position }
  | {
      readonly type: 'refused';
      readonly id: number;
      readonly reason: RefusalReason;
      readonly leader: NodeId | undefined;
    }
  /** The read may be answered once everything up to `index` is applied. */
  | { readonly type: 'readReady'; readonly id: number; readonly index: LogIndex }
  | {
      readonly type: 'readRefused';
      readonly id: number;
      readonly leader: NodeId | undefined;
    }
  /** `problem` says why this server has not handed over; undefined when it has. */
  | { readonly type: 'handOverEnded'; readonly id: number; readonly problem: string | undefined }
  | {
      readonly type: 'membersChanged';
      readonly id: number;
      readonly outcome: MembersOutcome;
    }
  /** No member any more (or with another directory), and not needed: the server must stop. */
  | { readonly type: 'removed' }
  /** This server stopped leading: the fate of its unacknowledged proposals is open. */
  | { readonly type: 'deposed'; readonly leader: NodeId | undefined }
  | { readonly type: 'tell'; readonly event: ClusterEvent }
  /** The server must stop at once, and an operator must know why. */
  | { readonly type: 'halt'; readonly reason: string };

export type Timings = Timing & {
  /** Two clocks gain or lose at most this fraction against true time. */
  readonly clockDriftMax: number;
};

export type Limits = {
  /** Entries of one pull batch, in bytes; one larger entry still fits alone. */
  readonly batchMaxBytes: number;
  /** Bytes on their way to one puller. */
  readonly pullWindowBytes: number;
  /** Newest part of the log that is kept in memory for pullers. */
  readonly tailMaxBytes: number;
  /** Entries that wait for their commit at the leader; more are refused. */
  readonly uncommittedMaxBytes: number;
  /** A pull path longer than this is chosen only when there is no shorter one. */
  readonly depthMax: number;
};

/** What must outlive a restart beside term, vote, configuration and log. */
export type Remembered = {
  /**
   * The longest lease that a leader may still hold whose round this server has seen: what it owes
   * when it comes up again. Undefined in older directories, which did not keep it.
   */
  readonly leaseOwedMs: number | undefined;
  /** It has left its cluster, and a majority of the others is known to do without it. */
  readonly isDeparted: boolean;
  /** It lost a part of its log, and does not hold again what a leader has confirmed since. */
  readonly isRecovering: boolean;
};

/** What a server finds on its disk when it starts. */
export type PersistentState = {
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly config: Config | undefined;
  readonly remembered: Remembered;
  /** What the state machine starts from: committed, applied, and an entry of the log. */
  readonly applied: Position;
  readonly log: {
    /** The position before the first entry: what lies up to there is only in the state. */
    readonly base: Position;
    /** First indexes of runs of entries with the same term, in order; together the whole log. */
    readonly runs: readonly { readonly term: Term; readonly firstIndex: LogIndex }[];
    readonly lastIndex: LogIndex;
    /** The newest entries, ending at `lastIndex`; as many as should be in memory. */
    readonly tail: readonly Entry[];
  };
};

/** A server of the configuration file. */
export type ListedServer = { readonly id: NodeId; readonly address: string };

/** Who a replica is; constant for one boot. */
export type Identity = {
  readonly clusterId: string;
  readonly id: NodeId;
  readonly directoryId: DirectoryId;
  /** Already durable. */
  readonly incarnation: number;
  /** The servers of the configuration file, to found a cluster with; never the active members. */
  readonly listedServers: readonly ListedServer[];
  /** Identifies `listedServers`, so that servers with different files do not found a cluster. */
  readonly membersHash: string;
};
