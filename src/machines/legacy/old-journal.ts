import { PlaceTable } from '../journal/place-table.ts';
import { BoundedMap } from './bounded-map.ts';
import type { OldPlacement } from './old-result.ts';

/** A place from which a reader can count: the entry at `index` starts with object `first`. */
export type OldCheckpoint = { readonly first: number; readonly index: number };

/** With what a snapshot of before says, the places of its newest objects can be counted. */
export type OldCounting = {
  readonly checkpoints: OldCheckpoint[];
  /** Indexes of batches that were refused or repeated, ascending. */
  readonly withoutEffect: number[];
  /** Indexes of transactions whose objects are those of their other branch, ascending. */
  readonly failureTaken: number[];
};

/** The objects that people have posted, as they are numbered today. */
export type OldJournal = {
  readonly rememberedMax: number;
  lastSeq: number;
  /** Of what is not archived yet, but for what stands before the snapshot: see `counting`. */
  places: PlaceTable;
  /** An id that comes again has one row, as in the snapshots: today's table keeps its older one. */
  readonly byBatchId: BoundedMap<OldPlacement>;
  readonly counting: OldCounting;
};

export const createOldJournal = (rememberedMax: number): OldJournal => ({
  rememberedMax,
  lastSeq: 0,
  places: new PlaceTable(),
  byBatchId: new BoundedMap(),
  counting: { checkpoints: [], withoutEffect: [], failureTaken: [] },
});

export function appendOld(
  journal: OldJournal,
  batch: { readonly batchId: string; readonly count: number },
  entry: { readonly term: number; readonly index: number },
  isOfFailure: boolean,
): OldPlacement {
  const first = journal.lastSeq + 1;
  const last = journal.lastSeq + batch.count;
  const { term, index } = entry;
  const placement = { batchId: batch.batchId, first, last, term, index };
  journal.places.add({ first, index, item: 0, isOfFailure });
  journal.lastSeq = last;
  journal.byBatchId.set(batch.batchId, placement);
  if (journal.byBatchId.size > journal.rememberedMax) journal.byBatchId.deleteOldest();
  return placement;
}
