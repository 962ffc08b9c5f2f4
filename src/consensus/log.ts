import { assert } from '../assert.ts';
import type { Entry, LogIndex, PersistentState, Position, Term } from './types.ts';

/** Bytes that an entry costs besides its payload: on the wire, on the disk, in memory. */
export const entryOverheadBytes = 48;

/**
 * What the core knows of the log: the term of every entry (as runs of equal terms, so that a
 * million entries cost a few numbers), and the newest entries themselves, for pullers.
 *
 * 1. Every index after `base` up to `lastIndex` has an entry, and terms never decrease along it.
 * 2. `base` is committed and applied: nothing that a rule asks for lies before it.
 * 3. Within one generation nothing is removed from the end; every removal begins a new one.
 */
export type Log = {
  /** The position before the first entry that is still there. */
  base: Position;
  lastIndex: LogIndex;
  /** Ordered by first index and by term; the last run ends at `lastIndex`. */
  runs: { term: Term; firstIndex: LogIndex }[];
  /** The newest entries, without gap, ending at `lastIndex`. */
  tail: Entry[];
  tailBytes: number;
  /** Grows with each truncation: (index, term) may be written, removed and written again. */
  generation: number;
};

export const sizeOf = (entry: Entry): number => entry.payload.length + entryOverheadBytes;
export const sizeOfAll = (entries: readonly Entry[]): number =>
  entries.reduce((sum, entry) => sum + sizeOf(entry), 0);

export function createLog({ base, runs, lastIndex, tail }: PersistentState['log']): Log {
  const last = tail.at(-1);
  assert(last === undefined || last.index === lastIndex, 'the tail ends where the log ends');
  const log: Log = {
    base,
    lastIndex,
    runs: runs.map(run => ({ ...run })),
    tail: [...tail],
    tailBytes: sizeOfAll(tail),
    generation: 0,
  };
  // The disk may hold more: whole files are removed, and the base is the first entry that is left.
  compactLog(log, base);
  return log;
}

/** The place in `runs` of the run that holds `index`; -1 before the first. */
function runAt(log: Log, index: number): number {
  let low = 0;
  let high = log.runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const run = log.runs[middle];
    if (run !== undefined && run.firstIndex <= index) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The term of the entry at `index`: 0 at index 0, undefined where there is no entry. */
export function termAt(log: Log, index: number): Term | undefined {
  if (index === log.base.index) return log.base.term;
  if (index > log.lastIndex || index < log.base.index) return undefined;
  return log.runs[runAt(log, index)]?.term;
}

export const holds = (log: Log, { term, index }: Position): boolean => termAt(log, index) === term;

export function lastPosition(log: Log): Position {
  const run = log.runs.at(-1);
  return run === undefined ? log.base : { term: run.term, index: log.lastIndex };
}

/** The position at an index that exists. */
export function positionAt(log: Log, index: number): Position {
  const term = termAt(log, index);
  assert(term !== undefined, 'a position is asked only for an entry of the log');
  return { term, index: index as LogIndex };
}

/**
 * The newest position at or before `index` whose term is at most `term`: nothing newer than it can
 * be common with a log that has an entry of `term` at `index` and diverges there.
 */
export function newestWithin(log: Log, { term, index }: Position): Position {
  const end = Math.max(log.base.index, Math.min(index, log.lastIndex));
  let at = runAt(log, end);
  let candidate = end;
  for (let run = log.runs[at]; run !== undefined && run.term > term; run = log.runs[at]) {
    candidate = run.firstIndex - 1;
    at -= 1;
  }
  return positionAt(log, candidate);
}

export function appendToLog(log: Log, entries: readonly Entry[], tailMaxBytes: number): void {
  for (const entry of entries) {
    assert(entry.index === log.lastIndex + 1, 'the log has no gap');
    const run = log.runs.at(-1);
    assert(run === undefined || entry.term >= run.term, 'terms never decrease along the log');
    if (run === undefined || entry.term > run.term) {
      log.runs.push({ term: entry.term, firstIndex: entry.index });
    }
    log.lastIndex = entry.index;
    log.tail.push(entry);
    log.tailBytes += sizeOf(entry);
  }
  trimTail(log, tailMaxBytes);
}

/** Waits until twice the allowed bytes are there, so that trimming costs nothing per entry. */
function trimTail(log: Log, tailMaxBytes: number): void {
  if (log.tailBytes <= 2 * tailMaxBytes) return;
  let count = 0;
  for (const entry of log.tail) {
    if (log.tailBytes <= tailMaxBytes) break;
    log.tailBytes -= sizeOf(entry);
    count += 1;
  }
  log.tail.splice(0, count);
}

/** Forgets the entries up to `base`, which is one of them. */
export function compactLog(log: Log, base: Position): void {
  const first = (base.index + 1) as LogIndex;
  const kept = log.runs.slice(Math.max(0, runAt(log, first)));
  log.runs = first > log.lastIndex ? [] : kept.map(run => runFrom(run, first));
  log.base = base;
  const place = log.tail.findIndex(({ index }) => index >= first);
  const gone = log.tail.splice(0, place < 0 ? log.tail.length : place);
  log.tailBytes -= sizeOfAll(gone);
}

const runFrom = (run: Log['runs'][number], first: LogIndex): Log['runs'][number] =>
  run.firstIndex < first ? { ...run, firstIndex: first } : run;

/** Forgets all entries: the next one comes after `base`. */
export function resetLog(log: Log, base: Position): void {
  log.base = base;
  log.lastIndex = base.index;
  log.runs = [];
  log.tail = [];
  log.tailBytes = 0;
  log.generation += 1;
}

export function truncateLog(log: Log, fromIndex: LogIndex): void {
  assert(fromIndex > 0 && fromIndex <= log.lastIndex, 'a truncation removes entries that exist');
  while ((log.runs.at(-1)?.firstIndex ?? 0) >= fromIndex) log.runs.pop();
  log.lastIndex = (fromIndex - 1) as LogIndex;
  while ((log.tail.at(-1)?.index ?? 0) >= fromIndex) {
    const removed = log.tail.pop();
    if (removed !== undefined) log.tailBytes -= sizeOf(removed);
  }
  log.generation += 1;
}

/**
 * Entries from `fromIndex` on, up to `maxBytes` but at least one. Undefined when they are no longer
 * in memory.
 */
export function readTail(log: Log, fromIndex: number, maxBytes: number): Entry[] | undefined {
  const first = log.tail[0];
  if (first === undefined || fromIndex < first.index) return undefined;
  const begin = fromIndex - first.index;
  let end = begin;
  let bytes = 0;
  for (let entry = log.tail[end]; entry !== undefined; entry = log.tail[end]) {
    bytes += sizeOf(entry);
    if (bytes > maxBytes && end > begin) break;
    end += 1;
  }
  return log.tail.slice(begin, end);
}

/** True when the entries could follow `prev` in some log. */
export function isContinuation(prev: Position, entries: readonly Entry[]): boolean {
  let { term, index } = prev;
  for (const entry of entries) {
    if (entry.index !== index + 1 || entry.term < term || entry.term === 0) return false;
    ({ term, index } = entry);
  }
  return true;
}
