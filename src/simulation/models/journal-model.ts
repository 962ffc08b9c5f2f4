import { splitJsonArray } from '../../codec/split-json-array.ts';
import type { MachineModel } from './model.ts';
import type { ModelDraft } from './model-draft.ts';

type Batch = {
  readonly batchId: string;
  readonly first: number;
  readonly last: number;
  readonly term: number;
  readonly index: number;
};
type JournalData = {
  readonly lastSeq: number;
  /** All that were ever posted, later ones included: one map for all states of a log. */
  readonly batches: Map<string, Batch>;
  /** Of this transaction. */
  readonly posted: readonly { readonly batch: Batch; readonly objects: readonly string[] }[];
};

export const journalDataOf = (draft: ModelDraft): JournalData => draft.get('journal');

function batchIn(draft: ModelDraft, batchId: string): Omit<Batch, 'batchId'> | undefined {
  const { batches, lastSeq } = journalDataOf(draft);
  const { batchId: _, ...place } = batches.get(batchId) ?? { ...nowhere, batchId };
  return place.last > lastSeq || place.last === 0 ? undefined : place;
}
const nowhere = { first: 0, last: 0, term: 0, index: 0 };

/** Objects that were posted together stand together, in the order of the log. */
export const journalModel: MachineModel<'journal'> = {
  name: 'journal',
  create: (): JournalData => ({ lastSeq: 0, batches: new Map(), posted: [] }),
  operations: {
    'journal.append': (draft, { batchId, data }) => {
      const { lastSeq, posted } = journalDataOf(draft);
      const objects = splitJsonArray(data).map(object => Buffer.from(object).toString());
      const place = { batchId, first: lastSeq + 1, last: lastSeq + objects.length };
      const { term, index } = draft.at;
      draft.change<JournalData>('journal', {
        lastSeq: place.last,
        posted: [...posted, { batch: { ...place, term, index }, objects }],
      });
      return place;
    },
  },
  conditions: {},
  queries: {
    'journal.batch': (draft, { batchId }: { readonly batchId: string }) => ({
      found: batchIn(draft, batchId),
      rememberedCount: 100_000,
    }),
  },
  leaseEnded: () => undefined,
  passed: draft => {
    const { batches, posted } = journalDataOf(draft);
    for (const { batch } of posted) batches.set(batch.batchId, batch);
    draft.change<JournalData>('journal', { posted: [] });
  },
  operation: (random, { value }) => {
    const batchId = `${value}.${random.below(1e6)}`;
    const count = 1 + random.below(2);
    const objects = Array.from({ length: count }, (_, place) => `"${batchId}.${place}"`);
    return { op: 'journal.append', batchId, count, data: Buffer.from(`[${objects.join()}]`) };
  },
  condition: () => undefined,
  question: (random, { draft }) => {
    const ids = [...journalDataOf(draft).batches.keys()];
    const batchId = ids[random.below(ids.length + 1)] ?? 'nobody’s';
    return { name: 'journal.batch', query: { batchId } };
  },
};
