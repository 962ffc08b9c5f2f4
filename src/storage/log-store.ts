import type { Config, Entry, PersistentState, Remembered } from '../consensus/types.ts';
import type { LogIndex, NodeId, Position, Term } from '../words.ts';

/**
 * The log of one server.
 *
 * Contract, checked by one conformance suite for every implementation (`compact` apart: the files
 * let go of whole files, the memory of entries):
 * - `append` and `truncate` are synchronous, in memory, and order everything after them.
 * - `reset` is a truncation of everything, after which the log goes on behind another base.
 * - What was appended is readable at once, and durable when `persisted` is told for its index and
 *   generation; `persisted` is never told for entries that were truncated meanwhile.
 * - After a crash the log is a prefix of what was appended, at least up to the last `persisted`;
 *   a truncation is never undone once an entry that was appended after it is durable.
 * - A failed write or fsync is told once by `failed`; nothing is acknowledged after it.
 */
export type LogStore = {
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** Entries must continue the log: the first index is `lastIndex + 1`. */
  append(entries: readonly Entry[], logGeneration: number): void;
  /** Removes all entries from `fromIndex` on and starts a new generation. */
  truncate(fromIndex: LogIndex, logGeneration: number): void;
  /** Removes all entries; the next one follows `base`, which is in a durable snapshot. */
  reset(base: Position, logGeneration: number): void;
  /**
   * Entries from `fromIndex` on, at most `throughIndex`, in order and without gap: no more than fit
   * into `maxBytes`, but at least one when there is one. Fewer than fit, where a file ends.
   */
  read(range: {
    readonly fromIndex: LogIndex;
    readonly throughIndex: LogIndex;
    readonly maxBytes: number;
  }): Promise<readonly Entry[]>;
  /** Waits for what is on its way to the disk, and gives the files back. Idempotent. */
  close(): Promise<void>;
};

/** How a store tells its host what has become of the disk. */
export type LogStoreListener = {
  persisted(logGeneration: number, index: LogIndex): void;
  failed(error: Error): void;
};

/** The small facts that must be durable before a message tells of them. */
export type DurableFacts = Remembered & {
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly config: Config | undefined;
};

/** Keeps the small facts. Writes are synchronous: durable when they return. */
export type MetadataStore = DurableFacts & {
  persistVote(term: Term, vote: NodeId | undefined): void;
  persistConfig(config: Config): void;
  /** Changes the named ones together, and leaves the others as they are. */
  update(patch: Partial<DurableFacts>): void;
};

/** How much of the log a store hands to the core at start. */
export type RecoveredLog = PersistentState['log'];
