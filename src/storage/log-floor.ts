import { isDeepStrictEqual } from 'node:util';
import type { LogFloor, MetadataDocument } from './metadata-document.ts';

/** Where the floor is kept: in the metadata. */
export type FloorStore = {
  readonly logFloor: LogFloor | undefined;
  update(patch: Partial<Pick<MetadataDocument, 'logFloor' | 'isRecovering'>>): void;
};

/**
 * What the log holds for certain, on the disk beside it. A log that holds less has lost something.
 *
 * It may say less than there is, and never more, whenever the power fails: it is raised after the
 * log has grown, and lowered before anything is removed.
 */
export class LogFloorKeeper {
  readonly #store: FloorStore;

  constructor(store: FloorStore) {
    this.#store = store;
  }

  /** As it was found; undefined in a directory of before floors were kept. */
  get found(): LogFloor | undefined {
    return this.#store.logFloor;
  }

  /** All of it is on the disk. */
  set(floor: LogFloor): void {
    if (!isDeepStrictEqual(this.#store.logFloor, floor)) this.#store.update({ logFloor: floor });
  }

  /** A new file is on the disk, name included, and so is everything before it. */
  rolled(segments: readonly { readonly firstIndex: number }[]): void {
    const newestFirstIndex = segments.at(-1)?.firstIndex ?? 0;
    const firstIndex = segments[0]?.firstIndex ?? 0;
    this.set({ firstIndex, newestFirstIndex, durableIndex: newestFirstIndex - 1 });
  }

  /** Everything up to here is on the disk. */
  held(durableIndex: number): void {
    const floor = this.#store.logFloor;
    if (floor !== undefined && durableIndex > floor.durableIndex)
      this.set({ ...floor, durableIndex });
  }

  /** Files that begin before this index are to go; a log that begins anew has none of them. */
  beforeCompaction(firstIndex: number): void {
    const floor = this.#store.logFloor;
    if (floor !== undefined && firstIndex > floor.firstIndex) this.set({ ...floor, firstIndex });
  }

  /** Entries from this one on are to go. */
  beforeCut(fromIndex: number, segments: readonly { readonly firstIndex: number }[]): void {
    const floor = this.#store.logFloor;
    if (floor === undefined) return;
    const newest = segments.findLast(({ firstIndex }) => firstIndex < fromIndex);
    this.set({
      firstIndex: floor.firstIndex,
      newestFirstIndex: Math.min(floor.newestFirstIndex, newest?.firstIndex ?? 0),
      durableIndex: Math.min(floor.durableIndex, fromIndex - 1),
    });
  }

  /** All files are to go: a durable snapshot holds everything up to the base. */
  beforeClear(baseIndex: number): void {
    this.set({ firstIndex: baseIndex + 1, newestFirstIndex: 0, durableIndex: baseIndex });
  }
}
