import type {
  Entry,
  Message,
  MonotonicMs,
  NodeId,
  Position,
  Term,
  WallMs,
} from '../consensus/types.ts';
import type { ClusterEvent } from '../events/cluster-event.ts';
import type { Outcome, ReplicatedState } from '../machines/frame/replicated-state.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';
import type { Retention } from '../storage/journal-archive.ts';
import type { LogStore } from '../storage/log-store.ts';
import type { LogIndex } from '../words.ts';

/*
 * What a host is given by its world. A server gives it the real ones, the simulator its own: so
 * what is simulated is what is shipped.
 */

export type Clock = {
  /** Never goes back, and may stand still while the machine sleeps. */
  monotonicNow(): MonotonicMs;
  /** What the machine believes that people's clocks show: it may be set at any time. */
  wallNow(): WallMs;
};

export type Timers = {
  /** Runs once, no earlier than after the delay; the function that it returns calls it off. */
  after(delayMs: number, run: () => void): () => void;
  /** Resolves when everybody else has had a turn. */
  turnOfTheOthers(): Promise<void>;
  /** Begins a slice of work; the function that it returns tells if it has lasted long enough. */
  slice(maxMs: number): () => boolean;
};

export type Outbox = {
  /** Does not throw and does not wait. */
  send(message: Message): void;
};

/** A log of which the beginning can be cut off. */
export type CompactableLog = LogStore & {
  /**
   * Lets go of entries up to `throughIndex`, in as large pieces as the store has. Resolves with the
   * index before which nothing is left, or with undefined when nothing could be let go.
   */
  compact(throughIndex: LogIndex): Promise<LogIndex | undefined>;
};

/** Where posted objects are that the log no longer has. */
export type Archive = {
  readonly firstSeq: number | undefined;
  readonly lastSeq: number;
  /** Everything up to this entry of the log is in the archive. */
  readonly throughIndex: number;
  add(batches: AsyncIterable<ArchivedBatch>, throughIndex: number): Promise<void>;
  drop(retention: Retention, nowMs: number): Promise<void>;
  /** Nothing is dropped until the function that is returned was called. */
  hold(): () => void;
  /** Batches from the one with object `from` on. */
  read(from: number): AsyncIterable<ArchivedBatch>;
};

export type SavedState = { readonly sizeBytes: number };
export type FetchedState = { readonly position: Position; readonly state: ReplicatedState };

/** Snapshots of this server, and a way to those of the others. */
export type SnapshotStore = {
  /**
   * Writes the state that was taken hold of. When it resolves it is durable, and the newest one;
   * with undefined, when it was given up because `isStopped` became true.
   */
  save(
    position: Position,
    records: Iterable<Uint8Array>,
    isStopped: () => boolean,
  ): Promise<SavedState | undefined>;
  /**
   * Gets the newest snapshot of another server, and what was posted up to it. When it resolves
   * both are durable here; with undefined, when it could not be had.
   */
  fetch(source: NodeId): Promise<FetchedState | undefined>;
};

/** Who wants to know what happens here; nothing that it does changes what happens. */
export type Observer = {
  /** An entry has been applied: what it has done for each caller who shares it. */
  applied(entry: Entry, outcomes: readonly Outcome[]): void;
  /** A snapshot of another server has taken the place of the state. */
  skippedTo(index: LogIndex, term: Term): void;
  told(event: ClusterEvent): void;
  snapshotSaved(position: Position, saved: SavedState, tookMs: number): void;
  /** It could not be saved, or the log not be cut behind it. */
  snapshotFailed(error: Error): void;
};

/** What can end a server, or change whom it talks to. */
export type HostListener = {
  /** There is another configuration: others are our peers, or they are found elsewhere. */
  onConfig(): void;
  /** This server is no longer a member. */
  onRemoved(): void;
  /** The server must stop at once; the sentence is for its operator. */
  onHalt(reason: string): void;
  /** Metadata could not be made durable: nothing that relies on it may follow. */
  onMetadataFailure(error: Error): void;
};
