import type { LogIndex, Position } from '../consensus/types.ts';
import type { Retention } from '../storage/journal-archive.ts';
import { archivable, type JournalSources, journalOf } from './journal-reader.ts';
import type { Clock, CompactableLog } from './surroundings.ts';

export type CompactorOptions = {
  readonly sources: JournalSources & { readonly log: Pick<CompactableLog, 'compact'> };
  readonly clock: Clock;
  readonly retention: Retention;
  /** Of the snapshot with which the server began. */
  readonly snapshotIndex: number;
  readonly compacted: (baseIndex: LogIndex) => void;
};

/**
 * Cuts the log behind a snapshot. What people have posted goes to the archive before; and the log
 * reaches back to the snapshot before the newest one, for those who are a little slow.
 */
export class Compactor {
  readonly #options: CompactorOptions;
  /** Of the newest snapshot; the next cut is made here. */
  #snapshotIndex: number;
  /** One cut at a time. */
  #cutting: Promise<unknown> = Promise.resolve();

  constructor(options: CompactorOptions) {
    this.#options = options;
    this.#snapshotIndex = options.snapshotIndex;
  }

  async snapshotSaved({ index }: Position): Promise<void> {
    const { sources, clock, retention } = this.#options;
    const { archive, state } = sources;
    await archive.add(archivable(sources, index), index);
    await archive.drop(retention, clock.wallNow());
    journalOf(state).places.dropThrough(archive.throughIndex);
    const olderIndex = this.#snapshotIndex as LogIndex;
    this.#snapshotIndex = index;
    await this.#cutBefore(olderIndex);
  }

  /**
   * A part of the log is damaged, and nobody shall read it any more. False when snapshot and
   * archive do not hold all of what lies before the entry.
   */
  async dropBefore(index: LogIndex): Promise<boolean> {
    const heldIndex = Math.min(this.#snapshotIndex, this.#options.sources.archive.throughIndex);
    if (index > heldIndex) return false;
    await this.#cutBefore(index);
    return true;
  }

  #cutBefore(index: LogIndex): Promise<void> {
    const { sources, compacted } = this.#options;
    const cutting = this.#cutting.then(async () => {
      const baseIndex = await sources.log.compact(index);
      if (baseIndex !== undefined) compacted(baseIndex);
    });
    this.#cutting = cutting.catch(() => undefined);
    return cutting;
  }
}
