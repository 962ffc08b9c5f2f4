import type { ClusterEvent } from '../events/cluster-event.ts';
import type {
  ClusterId,
  DirectoryId,
  LogIndex,
  MemberChange,
  NodeId,
  Position,
  Term,
  Timing,
  WallMs,
} from '../words.ts';
import type { Config, Entry } from './facts.ts';
import type { Message } from './messages.ts';

export type {
  ClusterId,
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
  Config,
  ConfigId,
  DigestEntry,
  Entry,
  Fact,
  GossipEntry,
  GossipMap,
  KnownFact,
  Member,
  Role,
  Round,
} from './facts.ts';
export type {
  Envelope,
  Heartbeat,
  HeartbeatReply,
  Message,
  MessageBody,
  PullBatch,
  PullEntries,
  PullRefused,
  PullRefusedReason,
  RequestVote,
  RequestVoteReply,
  UpdatePosition,
  UpdatePositionReply,
} from './messages.ts';

/** A write that waits for a place in the log. The id is the host's and local to it. */
export type Proposal = { readonly id: number; readonly payload: Uint8Array };

/** What becomes of an event with an id: each of them is answered once. */
export type Answer =
  /** To `propose`: it has this place in the log. Whether it is committed is another matter. */
  | { readonly type: 'appended'; readonly position: Position }
  /** To `read`: it may be answered once everything up to `index` is applied. */
  | { readonly type: 'readable'; readonly index: LogIndex }
  /** To `transferLeadership`: another server leads now. */
  | { readonly type: 'transferred' }
  /**
   * To `changeMembers`: a majority knows of it, so no later leader can be without it; the rest of
   * it takes its course.
   */
  | { readonly type: 'membersAccepted' }
  | Refused;

export type Refused =
  | {
      readonly type: 'refused';
      readonly reason: RefusalReason;
      readonly leader: NodeId | undefined;
    }
  /** The leader cannot do it; the sentence is for whoever asked. */
  | {
      readonly type: 'refused';
      readonly reason: 'noTransfer' | 'unsafeChange';
      readonly problem: string;
    };

export type RefusalReason =
  /** Another server leads, or none: it has had no effect. */
  | 'notLeader'
  /** This server's leadership ended meanwhile: it may have had its effect or not. */
  | 'deposed'
  /** The leadership is being transferred: nothing was appended, try again at once. */
  | 'transferring'
  /** More bytes wait for their commit than the limit allows: nothing was appended. */
  | 'overloaded';

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
  /** Transfer the leadership to a voter, or to the best one. */
  | { readonly type: 'transferLeadership'; readonly id: number; readonly to: NodeId | undefined }
  | {
      readonly type: 'changeMembers';
      readonly id: number;
      readonly changes: readonly MemberChange[];
    }
  /** The clock cannot be trusted since the lease began: the machine slept, or its time jumped. */
  | { readonly type: 'clockJumped' }
  /** All entries up to `index` of that generation of the log are on the disk. */
  | { readonly type: 'persisted'; readonly logGeneration: number; readonly index: LogIndex }
  /** `commandLevel`: up to there commands are in use, as the log says. */
  | { readonly type: 'applied'; readonly index: LogIndex; readonly commandLevel: number }
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
  | { readonly type: 'answered'; readonly id: number; readonly answer: Answer }
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

/** The newest boot of a member that was heard of. */
export type KnownBoot = {
  readonly id: NodeId;
  readonly directoryId: DirectoryId;
  readonly incarnation: number;
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
  /** It was put back from an older copy, and has heard so: it must not be used any more. */
  readonly isOutdated: boolean;
  /** Of the others: so that one of them that was put back from an older copy is told. */
  readonly knownBoots: readonly KnownBoot[];
  /** Known to be committed, and durable here; maybe more is. Never removed. */
  readonly committed: Position | undefined;
  /** Where entries were removed last: the first of them, with the term of the last of them. */
  readonly removedFrom: Position | undefined;
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
  /** The label of the configuration file. */
  readonly clusterName: string;
  /** Fresh and random: what a cluster is called that this server founds. */
  readonly proposedClusterId: ClusterId;
  readonly id: NodeId;
  readonly directoryId: DirectoryId;
  /** Already durable. */
  readonly incarnation: number;
  /** The servers of the configuration file, to found a cluster with; never the active members. */
  readonly listedServers: readonly ListedServer[];
  /** Identifies `listedServers`, so that servers with different files do not found a cluster. */
  readonly membersHash: string;
  /** The highest level of commands that this server understands in log entries. */
  readonly commandLevel: number;
};
