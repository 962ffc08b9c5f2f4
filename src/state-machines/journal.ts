import { bytesOf } from '../codec/byte-string.ts';
import { BoundedMap } from '../machines/bounded-map.ts';
import type { Command } from './command.ts';
import type { Placement } from './result.ts';

/** A place from which a reader can count: the entry at `index` starts with object `first`. */
export type Checkpoint = { readonly first: number; readonly index: number };

/** Batches between two checkpoints: what a reader has to skip at most. */
const checkpointInterval = 64;

/**
 * The objects that people have posted, numbered from 1 in the order of the log.
 *
 * The objects themselves stay in the log. Kept here is what it takes to find them: a checkpoint
 * now and then, the entries that are in the log but had no effect, and the newest batches by id.
 */
export type Journal = {
  readonly rememberedMax: number;
  lastSeq: number;
  batchCount: number;
  readonly checkpoints: Checkpoint[];
  /** Indexes of batches that were refused or repeated, ascending. */
  readonly withoutEffect: number[];
  /** Indexes of transactions whose objects are those of their other branch, ascending. */
  readonly failureTaken: number[];
  readonly byBatchId: BoundedMap<Placement>;
};

export const createJournal = (rememberedMax: number): Journal => ({
  rememberedMax,
  lastSeq: 0,
  batchCount: 0,
  checkpoints: [],
  withoutEffect: [],
  failureTaken: [],
  byBatchId: new BoundedMap(),
});

export function appendBatch(
  journal: Journal,
  batch: { readonly batchId: string; readonly count: number },
  entry: { readonly term: number; readonly index: number },
): Placement {
  const first = journal.lastSeq + 1;
  const last = journal.lastSeq + batch.count;
  const { term, index } = entry;
  const placement = { batchId: batch.batchId, first, last, term, index };
  if (journal.batchCount % checkpointInterval === 0) journal.checkpoints.push({ first, index });
  journal.lastSeq = last;
  journal.batchCount += 1;
  journal.byBatchId.set(batch.batchId, placement);
  if (journal.byBatchId.size > journal.rememberedMax) journal.byBatchId.deleteOldest();
  return placement;
}

/** Forgets what it takes to find the objects of entries up to `index`: they lie elsewhere now. */
export function pruneJournal(journal: Journal, index: number): void {
  const place = countUpTo(journal.checkpoints, index, checkpoint => checkpoint.index);
  journal.checkpoints.splice(0, place);
  for (const indexes of [journal.withoutEffect, journal.failureTaken]) {
    indexes.splice(
      0,
      countUpTo(indexes, index, value => value),
    );
  }
}

/** The last checkpoint at or before an object: from its entry on, a reader counts batches. */
export function checkpointBefore(journal: Journal, seq: number): Checkpoint | undefined {
  const place = countUpTo(journal.checkpoints, seq, ({ first }) => first);
  return journal.checkpoints[place - 1];
}

/** What is known of the object with which an entry begins. */
export function checkpointAt(journal: Journal, index: number): Checkpoint | undefined {
  const place = countUpTo(journal.checkpoints, index, checkpoint => checkpoint.index);
  const found = journal.checkpoints[place - 1];
  return found?.index === index ? found : undefined;
}

/**
 * A state that begins with a snapshot: the entry behind it begins with the next object. So that
 * can be counted from there, however little of what lies before is left of log and archive.
 */
export function noteBeginning({ journal, appliedIndex }: Beginning): void {
  const { checkpoints, lastSeq } = journal;
  const index = appliedIndex + 1;
  if ((checkpoints.at(-1)?.index ?? 0) < index) checkpoints.push({ first: lastSeq + 1, index });
}

type Beginning = { readonly journal: Journal; readonly appliedIndex: number };

const has = (indexes: readonly number[], index: number): boolean =>
  indexes[countUpTo(indexes, index, value => value) - 1] === index;

/** The objects that a command at an index has put into the journal, as a JSON array; or none. */
export function batchOf(
  journal: Journal,
  index: number,
  command: Command | undefined,
): { readonly count: number; readonly data: Uint8Array } | undefined {
  if (command === undefined || has(journal.withoutEffect, index)) return undefined;
  if (command.kind === 'put') return command;
  if (command.kind !== 'transact') return undefined;
  const branch = has(journal.failureTaken, index) ? command.failure : command.success;
  const append = branch.find(({ op }) => op === 'append');
  if (append?.op !== 'append') return undefined;
  return { count: append.count, data: bytesOf(append.data) };
}

/** How many items have a key of at most `limit`; the items ascend by their keys. */
function countUpTo<T>(items: readonly T[], limit: number, keyOf: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && keyOf(item) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
