import { bytes, count, fields, flag, identifier, list, optional } from '../../codec/shapes.ts';
import { quoted } from '../../events/quoted-words.ts';
import type { Draft, Slot } from '../draft.ts';
import { kept, keptAsOne, machine, noLeases, nothingDue, operation, query } from '../machine.ts';
import { BatchTable, type PostedBatch } from './batch-table.ts';
import { PlaceTable } from './place-table.ts';

/**
 * The objects that people have posted, numbered from 1 in the order of the log.
 *
 * The objects themselves stay in the log. Kept here is what it takes to find them there, until they
 * are archived, and the newest batches by id.
 */
export type JournalState = {
  readonly lastSeq: number;
  readonly places: PlaceTable;
  readonly byBatchId: BatchTable;
};

/** Batches that are found by their id; of older ones only the objects are. */
export const rememberedBatchesMax = 100_000;
export const batchIdMaxBytes = 256;
const pageMaxEntries = 10_000;

export const journalSlot: Slot<JournalState, 'journal'> = {
  name: 'journal',
  create: () => ({
    lastSeq: 0,
    places: new PlaceTable(),
    byBatchId: new BatchTable(rememberedBatchesMax),
  }),
};

const batchId = identifier({ max: batchIdMaxBytes });

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

const word = count({ max: 2 ** 32 - 1 });
type KeptBatch = PostedBatch & Readonly<Record<'id1' | 'id2' | 'id3' | 'id4', number>>;

function captureBatches(batches: BatchTable): Iterable<KeptBatch> {
  const held = batches.capture();
  return (function* rows(): Generator<KeptBatch> {
    for (const { id, ...batch } of held) {
      const [id1, id2, id3, id4] = id;
      yield { id1, id2, id3, id4, ...batch };
    }
  })();
}

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
      row: fields({ id1: word, id2: word, id3: word, id4: word, ...placed }),
      capture: captureBatches,
      restore: rows => {
        const batches = new BatchTable(rememberedBatchesMax);
        for (const { id1, id2, id3, id4, ...batch } of rows) {
          batches.add([id1, id2, id3, id4], batch);
        }
        return batches;
      },
    }),
  },
  changes: undefined,
  raised: state => state,
  figures: ({ lastSeq }) => ({ entries: lastSeq }),
});
