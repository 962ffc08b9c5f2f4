import { type ByteString, endOfKey } from '../../codec/byte-string.ts';
import { placesOf, versionAt } from './history.ts';
import { isRecord, type KeyRecord, type Tombstone } from './record.ts';
import { isWithin, type KeyRange } from './reserved.ts';
import { type KeysState, newestRevision } from './state.ts';

export type Found = readonly [key: ByteString, record: KeyRecord];

/** Most ranges are one key, which is looked up. */
const isOneKey = ({ start, end }: KeyRange): boolean =>
  end !== undefined && end.length === start.length + 1 && end === endOfKey(start);

/** The first keys of a range, as they are now. */
export function foundIn(state: KeysState, range: KeyRange, limit: number): Found[] {
  const found: Found[] = [];
  if (limit === 0) return found;
  for (const one of keysIn(state, range)) {
    found.push(one);
    if (found.length === limit) break;
  }
  return found;
}

/** The keys of a range, ascending: as they are now, or were at a revision that is kept. */
export function* keysIn(
  state: KeysState,
  range: KeyRange,
  revision = Number.POSITIVE_INFINITY,
): Generator<Found> {
  const { keys, deleted, history } = state;
  if (isOneKey(range)) {
    const key = range.start;
    const found = versionAt(history, keys.get(key) ?? deleted.get(key), revision);
    if (isRecord(found)) yield [key, found];
  } else if (revision >= newestRevision(state)) yield* newestIn(state, range);
  else {
    for (const [key, version] of everKnownIn(state, range)) {
      const found = versionAt(history, version, revision);
      if (isRecord(found)) yield [key, found];
    }
  }
}

function* newestIn({ keys }: KeysState, { start, end }: KeyRange): Generator<Found> {
  for (const entry of keys.entries(start)) {
    if (end !== undefined && entry[0] >= end) return;
    yield entry as Found;
  }
}

/** The newest keys of a range, descending. */
export function* newestBackwards({ keys }: KeysState, { start, end }: KeyRange): Generator<Found> {
  for (const entry of keys.entriesBefore(end)) {
    if (entry[0] < start) return;
    yield entry as Found;
  }
}

/** Keys that are there, and those that are gone and not yet forgotten, ascending. */
function* everKnownIn(
  { keys, deleted }: KeysState,
  { start, end }: KeyRange,
): Generator<readonly [ByteString, KeyRecord | Tombstone]> {
  const there = keys.entries(start);
  const gone = deleted.entries(start);
  let living = there.next().value as readonly [string, KeyRecord] | undefined;
  let dead = gone.next().value as readonly [string, Tombstone] | undefined;
  for (;;) {
    const isLiving = living !== undefined && (dead === undefined || living[0] < dead[0]);
    const next: readonly [string, KeyRecord | Tombstone] | undefined = isLiving ? living : dead;
    if (next === undefined || (end !== undefined && next[0] >= end)) return;
    yield next as readonly [ByteString, KeyRecord | Tombstone];
    if (isLiving) living = there.next().value as readonly [string, KeyRecord] | undefined;
    else dead = gone.next().value as readonly [string, Tombstone] | undefined;
  }
}

/** How many keys a range has, or had. */
export function countIn(
  state: KeysState,
  range: KeyRange,
  revision = Number.POSITIVE_INFINITY,
): number {
  const { keys, deleted, history } = state;
  if (isOneKey(range)) return lengthOf(keysIn(state, range, revision));
  const count = keys.count(range.start, range.end);
  if (revision >= newestRevision(state)) return count;
  const { from } = placesOf(history, revision + 1);
  // Whichever is less: to look at all that may have been there, or at all that has changed since.
  const known = count + deleted.count(range.start, range.end);
  if (known < history.changes.end - from) return lengthOf(keysIn(state, range, revision));
  let change = 0;
  for (const { key, before, isDelete } of history.changes.items(from)) {
    if (isWithin(range, key)) change += (isRecord(before) ? 1 : 0) - (isDelete ? 0 : 1);
  }
  return count + change;
}

function lengthOf(all: Iterable<unknown>): number {
  let length = 0;
  for (const _ of all) length += 1;
  return length;
}
