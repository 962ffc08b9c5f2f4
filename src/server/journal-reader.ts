import type { Entry, LogIndex } from '../consensus/types.ts';
import { decodeCommand } from '../state-machines/command.ts';
import { batchOf, checkpointBefore } from '../state-machines/journal.ts';
import type { ReplicatedState } from '../state-machines/replicated-state.ts';
import { splitJsonArray } from '../state-machines/split-json-array.ts';
import type { LogStore } from '../storage/log-store.ts';

/** One object that somebody has posted, as it was written. */
export type JournalEntry = {
  readonly seq: number;
  readonly term: number;
  readonly data: Uint8Array;
};

/** Read from the log at a time. */
const chunkMaxBytes = 1024 * 1024;
/** A page ends beyond this; a larger object still fits alone. */
const pageMaxBytes = 4 * 1024 * 1024;

type Page = { readonly entries: JournalEntry[]; bytes: number; readonly limit: number };

/** Objects from number `from` on, at most `limit`, as far as they are applied here. */
export async function readJournal(
  state: ReplicatedState,
  log: LogStore,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<readonly JournalEntry[]> {
  const page: Page = { entries: [], bytes: 0, limit };
  const checkpoint = checkpointBefore(state.journal, from);
  if (checkpoint === undefined || from > state.journal.lastSeq) return [];
  const throughIndex = state.appliedIndex as LogIndex;
  let { first: seq, index } = checkpoint;
  while (index <= throughIndex && !isFull(page)) {
    const fromIndex = index as LogIndex;
    const entries = await log.read({ fromIndex, throughIndex, maxBytes: chunkMaxBytes });
    if (entries.length === 0) break;
    for (const entry of entries) {
      seq += takeBatch(state, entry, seq, from, page);
      index = entry.index + 1;
      if (isFull(page)) break;
    }
  }
  return page.entries;
}

const isFull = ({ entries, bytes, limit }: Page): boolean =>
  entries.length >= limit || bytes >= pageMaxBytes;

/** Takes what belongs on the page from one log entry, and says how many objects the entry holds. */
function takeBatch(
  state: ReplicatedState,
  entry: Entry,
  seq: number,
  from: number,
  page: Page,
): number {
  if (entry.kind !== 'command') return 0;
  const batch = batchOf(state.journal, entry.index, decodeCommand(entry.payload));
  if (batch === undefined) return 0;
  if (seq + batch.count <= from) return batch.count;
  for (const [place, data] of splitJsonArray(batch.data).entries()) {
    if (seq + place < from || isFull(page)) continue;
    page.entries.push({ seq: seq + place, term: entry.term, data });
    page.bytes += data.length;
  }
  return batch.count;
}
