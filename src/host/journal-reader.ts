import type { Entry, LogIndex } from '../consensus/types.ts';
import { decodeCommand } from '../state-machines/command.ts';
import { batchOf, checkpointBefore } from '../state-machines/journal.ts';
import type { ReplicatedState } from '../state-machines/replicated-state.ts';
import { splitJsonArray } from '../state-machines/split-json-array.ts';
import type { ArchivedBatch } from '../storage/journal-archive.ts';
import type { LogStore } from '../storage/log-store.ts';
import type { Archive, Timers } from './surroundings.ts';

/** One object that somebody has posted, as it was written. */
export type JournalEntry = {
  readonly seq: number;
  readonly term: number;
  readonly data: Uint8Array;
};

/** Where the posted objects of a server are: the newest in its log, older ones in the archive. */
export type JournalSources = {
  readonly state: ReplicatedState;
  readonly log: LogStore;
  readonly archive: Archive;
  readonly timers: Timers;
};

/** Read from the log at a time; between two of them the server hears its peers. */
const chunkMaxBytes = 256 * 1024;
/** A page ends beyond this; a larger object still fits alone. */
const pageMaxBytes = 4 * 1024 * 1024;

type Page = { readonly entries: JournalEntry[]; bytes: number; readonly limit: number };

/** Number of the oldest object that is still kept. */
export const firstKeptSeq = ({ archive }: Pick<JournalSources, 'archive'>): number =>
  archive.firstSeq ?? 1;

/** Objects from number `from` on, at most `limit`, as far as they are applied and kept here. */
export async function readJournal(
  sources: JournalSources,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<readonly JournalEntry[]> {
  const page: Page = { entries: [], bytes: 0, limit };
  for await (const batch of batchesFrom(sources, Math.max(from, firstKeptSeq(sources)))) {
    takeObjects(batch, from, page);
    if (page.entries.length >= limit || page.bytes >= pageMaxBytes) break;
  }
  return page.entries;
}

/** Batches from the one with object `from` on, in order, wherever they are. */
export async function* batchesFrom(
  sources: JournalSources,
  from: number,
): AsyncGenerator<ArchivedBatch> {
  const { archive } = sources;
  let next = from;
  // It may grow while it is read.
  while (next <= archive.lastSeq) {
    const before = next;
    for await (const batch of archive.read(next)) {
      yield batch;
      next = batch.firstSeq + batch.count;
    }
    if (next === before) return;
  }
  yield* batchesOfLog(sources, next);
}

async function* batchesOfLog(
  { state, log, archive, timers }: JournalSources,
  from: number,
): AsyncGenerator<ArchivedBatch> {
  if (from > state.journal.lastSeq) return;
  const checkpoint = checkpointBefore(state.journal, from);
  const isInLog = checkpoint !== undefined && checkpoint.index > archive.throughIndex;
  const firstSeq = isInLog ? checkpoint.first : archive.lastSeq + 1;
  const firstIndex = isInLog ? checkpoint.index : archive.throughIndex + 1;
  for await (const batch of archivable(
    { state, log, timers },
    firstIndex,
    state.appliedIndex,
    firstSeq,
  )) {
    if (batch.firstSeq + batch.count > from) yield batch;
  }
}

/** The batches of a part of the log that had an effect; the first of them begins with `seq`. */
export async function* archivable(
  { state, log, timers }: Pick<JournalSources, 'state' | 'log' | 'timers'>,
  fromIndex: number,
  throughIndex: number,
  seq: number,
): AsyncGenerator<ArchivedBatch> {
  let index = Math.max(fromIndex, log.firstIndex);
  let firstSeq = seq;
  while (index <= throughIndex) {
    const entries = await log.read({
      fromIndex: index as LogIndex,
      throughIndex: throughIndex as LogIndex,
      maxBytes: chunkMaxBytes,
    });
    if (entries.length === 0) return;
    for (const entry of entries) {
      const batch = effectOf(state, entry);
      if (batch !== undefined) {
        const { term, wallMs } = entry;
        yield { index: entry.index, term, wallMs, firstSeq, ...batch };
        firstSeq += batch.count;
      }
      index = entry.index + 1;
    }
    // What is read from memory comes without waiting: the peers would wait for all of it.
    await timers.turnOfTheOthers();
  }
}

function effectOf(state: ReplicatedState, { kind, index, payload }: Entry) {
  return kind === 'command' ? batchOf(state.journal, index, decodeCommand(payload)) : undefined;
}

/** Takes what belongs on the page from one batch. */
function takeObjects({ firstSeq, term, data }: ArchivedBatch, from: number, page: Page): void {
  for (const [place, object] of splitJsonArray(data).entries()) {
    const isFull = page.entries.length >= page.limit || page.bytes >= pageMaxBytes;
    if (firstSeq + place < from || isFull) continue;
    page.entries.push({ seq: firstSeq + place, term, data: object });
    page.bytes += object.length;
  }
}
