import type { LogIndex, Position } from '../consensus/types.ts';
import { pruneJournal } from '../state-machines/journal.ts';
import type { Retention } from '../storage/journal-archive.ts';
import { archivable, type JournalSources } from './journal-reader.ts';
import type { Clock, CompactableLog } from './surroundings.ts';

export type CompactorOptions = {
  readonly sources: JournalSources & { readonly log: CompactableLog };
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
  #olderIndex: number;

  constructor(options: CompactorOptions) {
    this.#options = options;
    this.#olderIndex = options.snapshotIndex;
  }

  async snapshotSaved({ index }: Position): Promise<void> {
    const { sources, clock, retention, compacted } = this.#options;
    const { archive, log, state } = sources;
    await archive.add(archivable(sources, index), index);
    await archive.drop(retention, clock.wallNow());
    pruneJournal(state.journal, archive.throughIndex);
    const baseIndex = await log.compact(this.#olderIndex as LogIndex);
    this.#olderIndex = index;
    if (baseIndex !== undefined) compacted(baseIndex);
  }
}
