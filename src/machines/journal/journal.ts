import { bytes, count, fields, flag, list, optional, text } from '../../codec/shapes.ts';
import { quoted } from '../../events/quoted-words.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Draft, Slot } from '../draft.ts';
import { kept, keptAsOne, machine, noLeases, nothingDue, operation, query } from '../machine.ts';
import { PlaceTable } from './place-table.ts';

/** A batch of objects that were posted together: where it stands in the journal and in the log. */
export type PostedBatch = {
  /** Numbers of its first and last object; the journal counts from 1 without gap. */
  readonly first: number;
  readonly last: number;
  /** The log entry that holds it. */
  readonly term: number;
  readonly index: number;
};

/**
 * The objects that people have posted, numbered from 1 in the order of the log.
 *
 * The objects themselves stay in the log. Kept here is what it takes to find them there, until they
 * are archived, and the newest batches by id.
 */
export type JournalState = {
  readonly lastSeq: number;
  readonly places: PlaceTable;
  readonly byBatchId: BoundedMap<PostedBatch>;
};

/** Batches that are found by their id; of older ones only the objects are. */
export const rememberedBatchesMax = 100_000;
const batchIdMaxBytes = 256;
const pageMaxEntries = 10_000;

export const journalSlot: Slot<JournalState, 'journal'> = {
  name: 'journal',
  create: () => ({ lastSeq: 0, places: new PlaceTable(), byBatchId: new BoundedMap() }),
};

const batchId = text({ min: 1, max: batchIdMaxBytes });

/** Appends a JSON array of objects to the journal, as it was posted. */
const append = operation({
  code: 1,
  takes: { batchId, count: count({ min: 1 }), data: bytes() },
  gives: { batchId, first: count(), last: count() },
  apply: (draft, { batchId, count }) => {
    const state = draft.get(journalSlot);
    const first = state.lastSeq + 1;
    const last = state.lastSeq + count;
    draft.set(journalSlot, { ...state, lastSeq: last });
    draft.finally(() => note(draft, state, { batchId, first, last }));
    return { batchId, first, last };
  },
  text: ({ data }) => `PUT_ALL ${quoted(Buffer.from(data).toString())}`,
});

function note(
  { at, succeeded }: Draft,
  { places, byBatchId }: JournalState,
  { batchId, first, last }: { readonly batchId: string; readonly first: number; last: number },
): void {
  const { term, index, item } = at;
  places.add({ first, index, item, isOfFailure: !succeeded });
  byBatchId.set(batchId, { first, last, term, index });
  if (byBatchId.size > rememberedBatchesMax) byBatchId.deleteOldest();
}

const placeRow = fields({
  first: count(),
  index: count(),
  item: count(),
  isOfFailure: flag,
});
const placed = { first: count(), last: count(), term: count(), index: count() };

/** What has become of a batch, by the id that its answer named. */
const batch = query({
  takes: { batchId },
  gives: { found: optional(fields(placed)), rememberedCount: count() },
  answer: ({ byBatchId }: JournalState, { batchId }) => ({
    found: byBatchId.get(batchId),
    rememberedCount: rememberedBatchesMax,
  }),
});

/** Objects from a number on. They lie in the log and in the archive, so the host answers. */
const entries = query({
  takes: { from: count({ min: 1 }), limit: count({ max: pageMaxEntries }) },
  gives: {
    entries: list(fields({ seq: count(), term: count(), data: bytes() })),
    /** Number of the last one that exists; 0 when there is none. */
    lastSeq: count(),
    /** Number of the oldest one that is still kept. */
    firstKept: count(),
  },
});

/** Objects that people post, in the order of the log. */
export const journal = machine(journalSlot, {
  code: 1,
  since: 1,
  operations: { append },
  conditions: {},
  queries: { batch, entries },
  due: nothingDue,
  leaseEnded: noLeases,
  parts: {
    lastSeq: keptAsOne(count(), 0),
    places: kept({
      row: placeRow,
      capture: (places: PlaceTable) => places.capture(),
      restore: rows => {
        const places = new PlaceTable();
        for (const row of rows) places.add(row);
        return places;
      },
    }),
    byBatchId: kept({
      row: fields({ batchId, ...placed }),
      capture: (batches: BoundedMap<PostedBatch>) =>
        batches.entries().map(([batchId, batch]) => ({ batchId, ...batch })),
      restore: rows => {
        const batches = new BoundedMap<PostedBatch>();
        for (const { batchId, ...batch } of rows) batches.set(batchId, batch);
        return batches;
      },
    }),
  },
  changes: undefined,
  raised: state => state,
  figures: ({ lastSeq }) => ({ entries: lastSeq }),
});
