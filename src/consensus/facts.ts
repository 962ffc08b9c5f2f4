import type {
  ClusterId,
  DirectoryId,
  LogIndex,
  MonotonicMs,
  NodeId,
  Position,
  Term,
  Timing,
  WallMs,
} from '../words.ts';

/* What servers know and tell: entries, configurations, and what each says of itself. */

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
/** Who belongs to a cluster, and which cluster that is. */
export type Config = {
  /** Undefined on disks of before 0.2, until the next leader gives the cluster one. */
  readonly clusterId: ClusterId | undefined;
  readonly id: ConfigId;
  readonly members: readonly Member[];
};

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
 * 1. It is written by its owner, relayed by anyone, edited by nobody (rule 1).
 * 2. What it says of its owner's disk (term, vote, durable) was there before the fact left.
 * 3. Facts of one owner are totally ordered by incarnation and sequence; two that are stamped alike
 *    are the same.
 * 4. It may be old, and what it says of the log may have been taken back since. Never taken back
 *    are the term and the vote in a term, nor, within one boot, the commit position.
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

  /** The highest level of commands that the owner understands in log entries. */
  readonly commandLevel: number;
  /** Of a fresh server: the configuration that waits for it. */
  readonly configId: ConfigId;
  readonly source: NodeId | undefined;
  /** Hops of the pull path to its root: 0 for a leader or a server without a source. */
  readonly depth: number;
  readonly pullerCount: number;
  readonly isDiskStalled: boolean;
  /** It has lost a part of its log: it has no vote, and reports nothing durable. */
  readonly isRecovering: boolean;
  /** The owner's own settings; for people, who should make them the same everywhere. */
  readonly timing: Timing;

  /** How long a leader of an older term may still hold its lease, as far as the owner knows. */
  readonly olderLeaseMs: number;
  /** Of a leader that transfers its leadership: its lease has ended, this one shall campaign. */
  readonly transferee: NodeId | undefined;
  /** Of a candidate: the leader of the term before has ended its lease for it. */
  readonly isTransferee: boolean;

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
