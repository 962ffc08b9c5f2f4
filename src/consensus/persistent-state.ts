import type { DirectoryId, LogIndex, NodeId, Position, Term } from '../words.ts';
import type { Config, Entry } from './facts.ts';

/* What a server finds on its disk, and must find there. */

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
