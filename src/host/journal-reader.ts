import { splitJsonArray } from '../codec/split-json-array.ts';
import type { Entry, LogIndex } from '../consensus/types.ts';
import { type Command, decodeCommand } from '../machines/frame/command.ts';
import type { ReplicatedState } from '../machines/frame/replicated-state.ts';
import { type JournalState, journalSlot } from '../machines/journal/journal.ts';
import type { JournalPlace } from '../machines/journal/place-table.ts';
import { oldAppend } from '../machines/legacy/old-appends.ts';
import { isOldCommand } from '../machines/legacy/old-command.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';
import type { LogStore } from '../storage/log-store.ts';
import { mebibyte } from '../words.ts';
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
  readonly log: Pick<LogStore, 'firstIndex' | 'read'>;
  readonly archive: Archive;
  readonly timers: Timers;
};

/** Read from the log at a time; between two of them the server hears its peers. */
const chunkMaxBytes = 256 * 1024;
/** A page ends beyond this; a larger object still fits alone. */
const pageMaxBytes = 4 * mebibyte;
/** A log of which nothing can be read so often in a row is broken. */
const vainReadsMax = 100;

type Page = { readonly entries: JournalEntry[]; bytes: number; readonly limit: number };

/**
 * Objects that should be here and cannot be read: a file is missing or damaged, or the numbers do
 * not fit. Another server may have them. To go on behind them would skip some, or give others
 * their numbers.
 */
export class UnreadableObjects extends Error {
  override readonly name = 'UnreadableObjects';
  /** The first one that cannot be read. */
  readonly seq: number;

  constructor(seq: number, reason: string) {
    super(`object ${seq} cannot be read here: ${reason}`);
    this.seq = seq;
  }
}

export const journalOf = ({
  old,
  states,
}: ReplicatedState): Pick<JournalState, 'lastSeq' | 'places'> =>
  old?.journal ?? (states[journalSlot.name] as JournalState);

/** Number of the oldest object that is still kept. */
export const firstKeptSeq = ({ archive }: Pick<JournalSources, 'archive'>): number =>
  archive.firstSeq ?? 1;

/**
 * Objects from number `from` on, at most `limit`, as far as they are applied and kept here.
 * Throws UnreadableObjects rather than to leave one out.
 */
export async function readJournal(
  sources: JournalSources,
  {
    from,
    limit,
    throughSeq,
  }: { readonly from: number; readonly limit: number; readonly throughSeq: number },
): Promise<readonly JournalEntry[]> {
  const page: Page = { entries: [], bytes: 0, limit };
  const start = Math.max(from, firstKeptSeq(sources));
  for await (const batch of batchesFrom(sources, start, throughSeq)) {
    takeObjects(batch, from, page);
    if (page.entries.length >= limit || page.bytes >= pageMaxBytes) break;
  }
  return page.entries;
}

/**
 * Batches from the one with object `from` on, in order and without gap, wherever they are, until
 * object `throughSeq` was among them. Throws UnreadableObjects where they cannot go on.
 */
export async function* batchesFrom(
  sources: JournalSources,
  from: number,
  throughSeq = journalOf(sources.state).lastSeq,
): AsyncGenerator<ArchivedBatch> {
  const release = sources.archive.hold();
  try {
    let next = from;
    while (next <= throughSeq) {
      const before = next;
      for await (const batch of batchesAt(sources, next)) {
        demandNext(batch, next, { from, throughSeq });
        yield batch;
        next = batch.firstSeq + batch.count;
        if (next > throughSeq) return;
      }
      // The archive may have ended where the log begins by now.
      if (next === before) throw new UnreadableObjects(next, 'no file of this server holds it');
    }
  } finally {
    release();
  }
}

function demandNext(
  { firstSeq, count }: ArchivedBatch,
  next: number,
  { from, throughSeq }: { readonly from: number; readonly throughSeq: number },
): void {
  const end = firstSeq + count;
  // The first one may begin before the object that is asked for.
  const follows = next === from ? firstSeq <= next && end > next : firstSeq === next;
  if (follows && end <= throughSeq + 1) return;
  const found = `objects ${firstSeq} to ${end - 1} stand in its place`;
  throw new UnreadableObjects(next, found);
}

async function* batchesAt(sources: JournalSources, next: number): AsyncGenerator<ArchivedBatch> {
  const { archive, state } = sources;
  let place = next;
  const batches =
    next <= archive.lastSeq ? archive.read(next) : batchesOfLog(sources, next, state.appliedIndex);
  try {
    for await (const batch of batches) {
      const end = batch.firstSeq + batch.count;
      if (end > place) yield batch;
      place = Math.max(place, end);
    }
  } catch (error) {
    if (error instanceof UnreadableObjects) throw error;
    if (!(error instanceof LogCut)) throw new UnreadableObjects(place, (error as Error).message);
    yield* batchesAt(sources, place);
  }
}

/** The log went on to the archive under its reader; what it lacks now is there. */
export class LogCut extends Error {
  override readonly name = 'LogCut';
}

/** What the archive does not hold yet of the posted objects, up to an entry of the log. */
export function archivable(
  sources: JournalSources,
  throughIndex: number,
): AsyncGenerator<ArchivedBatch> {
  return batchesOfLog(sources, sources.archive.lastSeq + 1, throughIndex);
}

/**
 * Objects that neither the archive holds nor the log, which begins too late: a part of it was lost
 * before it was archived. Others may have them.
 */
export function gapBeforeLog(
  sources: Pick<JournalSources, 'state' | 'log' | 'archive'>,
): { firstSeq: number; lastSeq: number; throughIndex: number } | undefined {
  const { state, log, archive } = sources;
  const firstSeq = archive.lastSeq + 1;
  const { places, lastSeq } = journalOf(state);
  const [known] = places.fromSeq(firstSeq);
  if (
    firstSeq > lastSeq ||
    (known !== undefined && known.index >= log.firstIndex && known.first <= firstSeq)
  ) {
    return undefined;
  }
  const [next] = places.fromIndex(log.firstIndex);
  if (next === undefined) return { firstSeq, lastSeq, throughIndex: log.firstIndex - 1 };
  if (next.first <= firstSeq) return undefined;
  return { firstSeq, lastSeq: next.first - 1, throughIndex: next.index - 1 };
}

/** From the entry with object `seq` on, whose place in the log is known. */
async function* batchesOfLog(
  sources: JournalSources,
  seq: number,
  throughIndex: number,
): AsyncGenerator<ArchivedBatch> {
  const { state, log, archive } = sources;
  const journal = journalOf(state);
  const [first] = seq > journal.lastSeq ? [] : journal.places.fromSeq(seq);
  if (first === undefined || first.index > throughIndex) return;
  // From the first of its entry on: where a transaction has posted several batches, they are told
  // apart by counting.
  const places = journal.places.fromIndex(first.index)[Symbol.iterator]();
  let place: JournalPlace | undefined = places.next().value;
  if (place === undefined) return;
  if (place.index < log.firstIndex) {
    throw new UnreadableObjects(seq, `the log begins at entry ${log.firstIndex}, behind its place`);
  }
  for await (const entry of entriesOf(sources, place.index, throughIndex)) {
    if (place?.index !== entry.index) continue;
    // What was archived is forgotten here.
    if (entry.index <= archive.throughIndex) throw new LogCut('these entries are archived now');
    const appends = appendsIn(entry);
    for (let count = 0; place?.index === entry.index; count += 1) {
      const { index, term, wallMs } = entry;
      const append = appends(place, count);
      if (append === undefined) {
        throw new UnreadableObjects(place.first, `entry ${index} does not hold them`);
      }
      yield { index, term, wallMs, firstSeq: place.first, ...append };
      place = places.next().value;
    }
  }
}

type Append = { readonly count: number; readonly data: Uint8Array };

/** What the transactions of an entry have posted, by their places in it. */
function appendsIn({ payload }: Entry): (place: JournalPlace, count: number) => Append | undefined {
  if (isOldCommand(payload)) return ({ isOfFailure }) => oldAppend(payload, isOfFailure);
  const command: Command = decodeCommand(payload);
  const items = command.type === 'transact' ? command.items : [];
  /** Of each place, how many were taken from it: a branch may have several. */
  const taken = new Map<number, number>();
  return ({ item, isOfFailure }) => {
    const { success = [], failure = [] } = items[item]?.transaction ?? {};
    const appends = (isOfFailure ? failure : success).filter(({ op }) => op === 'journal.append');
    const place = taken.get(item) ?? 0;
    taken.set(item, place + 1);
    const append = appends[place];
    return append?.op === 'journal.append' ? append : undefined;
  };
}

/** Entries as they stand in the log. Throws a LogCut when it is cut behind the next one. */
export async function* entriesOf(
  { log, timers }: Pick<JournalSources, 'log' | 'timers'>,
  fromIndex: number,
  throughIndex: number,
): AsyncGenerator<Entry> {
  let index = fromIndex;
  let vainCount = 0;
  while (index <= throughIndex) {
    if (index < log.firstIndex) throw new LogCut(`the log was cut at entry ${log.firstIndex}`);
    const entries = await log.read({
      fromIndex: index as LogIndex,
      throughIndex: throughIndex as LogIndex,
      maxBytes: chunkMaxBytes,
    });
    yield* entries;
    index += entries.length;
    // A truncation far behind what is applied makes a reading vain, but not for long.
    vainCount = entries.length === 0 ? vainCount + 1 : 0;
    if (vainCount > vainReadsMax) throw new Error(`entry ${index} of the log cannot be read`);
    // What is read from memory comes without waiting: the peers would wait for all of it.
    await timers.turnOfTheOthers();
  }
}

/** Takes what belongs on the page from one batch. */
function takeObjects(
  { firstSeq, count, term, data }: ArchivedBatch,
  from: number,
  page: Page,
): void {
  const objects = splitJsonArray(data);
  if (objects.length !== count) {
    const found = `a batch of ${count} objects holds ${objects.length}`;
    throw new UnreadableObjects(firstSeq, found);
  }
  for (const [place, object] of objects.entries()) {
    const isFull = page.entries.length >= page.limit || page.bytes >= pageMaxBytes;
    if (firstSeq + place < from || isFull) continue;
    page.entries.push({ seq: firstSeq + place, term, data: object });
    page.bytes += object.length;
  }
}
