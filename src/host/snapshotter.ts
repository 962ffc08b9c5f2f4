import type { Entry, Position } from '../consensus/types.ts';
import type { ReplicatedState } from '../machines/frame/replicated-state.ts';
import { captureState } from '../machines/frame/state-records.ts';
import type { Clock, SavedState, SnapshotStore } from './surroundings.ts';

export type SnapshotterOptions = {
  readonly store: SnapshotStore;
  readonly clock: Clock;
  /** A snapshot is made after this many bytes of log, or after as many as the last one had. */
  readonly intervalBytes: number;
  /** Of the snapshot with which the server began. */
  readonly lastSizeBytes: number;
  /** What follows a snapshot is done before the next one is begun. */
  readonly onSaved: (position: Position, saved: SavedState, tookMs: number) => Promise<void>;
  readonly onFailure: (error: Error) => void;
};

/**
 * Saves the state now and then, so that a restart need not begin with the first entry. The state is
 * taken hold of at once, and written while the server goes on.
 */
export class Snapshotter {
  readonly #options: SnapshotterOptions;
  #bytes = 0;
  /** A state of before is not written any more; what becomes of it, at once. */
  #isDue = false;
  #lastSizeBytes: number;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: SnapshotterOptions) {
    this.#options = options;
    this.#lastSizeBytes = options.lastSizeBytes;
  }

  /** An entry has been applied: `state` is what it made. */
  noteApplied(state: ReplicatedState, entry: Entry): void {
    this.#bytes += entry.payload.length;
    if (state.old !== undefined) {
      this.#isDue = true;
      return;
    }
    const usualBytes = Math.max(this.#options.intervalBytes, this.#lastSizeBytes);
    const dueBytes = this.#isDue ? 0 : usualBytes;
    if (this.#bytes < dueBytes || this.#running !== undefined || this.#isStopped) return;
    this.#bytes = 0;
    this.#isDue = false;
    const { term, index } = entry;
    this.#running = this.#save(state, { term, index })
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Gives up a snapshot that is being written; it has no name yet. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #save(state: ReplicatedState, position: Position): Promise<void> {
    const { store, clock, onSaved } = this.#options;
    const startedAt = clock.monotonicNow();
    const saved = await store.save(position, captureState(state), () => this.#isStopped);
    if (saved === undefined) return;
    this.#lastSizeBytes = saved.sizeBytes;
    await onSaved(position, saved, clock.monotonicNow() - startedAt);
  }
}
