import type { ByteString } from '../../codec/byte-string.ts';
import { count, flag, list, optional, word } from '../../codec/shapes.ts';
import { mebibyte } from '../../words.ts';
import { QueryRefused, type QueryView, query } from '../machine.ts';
import { boundShape, type Item, itemOf, itemShape, keyShape, revisionShape } from './item.ts';
import { rangeText } from './lines.ts';
import type { KeyRecord } from './record.ts';
import { type KeyRange, rangeOf } from './reserved.ts';
import { countIn, type Found, keysIn, newestBackwards } from './select.ts';
import { type KeysState, newestRevision, oldestRevision } from './state.ts';

/** A page ends beyond this; a larger value still fits alone. */
const pageMaxBytes = 4 * mebibyte;
const pageMaxKeys = 10_000;
const itemOverheadBytes = 64;
/** Keys that one page looks at: those that it leaves out, or has to sort, are read as well. */
const lookedAtMax = 100_000;

/** Bounds of revisions; as an upper one 0 is none. */
const filters = {
  createdFrom: revisionShape,
  createdThrough: revisionShape,
  modifiedFrom: revisionShape,
  modifiedThrough: revisionShape,
};
type SortField = 'key' | 'version' | 'createRevision' | 'modRevision' | 'value';
type Order = { readonly sort: SortField; readonly isDescending: boolean };
type Filter = { readonly [Name in keyof typeof filters]: number };
type Page = { readonly items: Item[]; readonly next: ByteString | undefined; isMore: boolean };

/** Keys of a range as they are, or as they were at a revision that is still kept. */
export const range = query({
  takes: {
    start: boundShape,
    end: boundShape,
    limit: count({ min: 1, max: pageMaxKeys }),
    /** 0: the newest. */
    revision: revisionShape,
    withValues: flag,
    /** How many there are is all that is wanted. */
    countOnly: flag,
    sort: word<SortField>('key', 'version', 'createRevision', 'modRevision', 'value'),
    isDescending: flag,
    ...filters,
  },
  gives: {
    items: list(itemShape),
    /** Where the next page begins; only in ascending order of the keys. */
    next: optional(keyShape),
    /** There are more than these. */
    isMore: flag,
    /** All of the range, whatever the page and the filters leave out. */
    count: count(),
    revision: revisionShape,
    oldest: revisionShape,
  },
  text: rangeText,
  answer: (state: KeysState, wanted, view) => {
    const newest = newestRevision(state);
    const oldest = oldestRevision(state);
    const revision = wanted.revision === 0 ? newest : wanted.revision;
    demandKept(state, revision);
    const within = rangeOf(wanted);
    const all = countIn(state, within, revision);
    const page = wanted.countOnly
      ? { items: [], next: undefined, isMore: false }
      : pageOf(found(state, within, { ...wanted, revision, count: all }), wanted, view);
    return { ...page, count: all, revision, oldest };
  },
});

export function demandKept(state: KeysState, revision: number): void {
  const newest = newestRevision(state);
  const oldest = oldestRevision(state);
  if (revision > newest) {
    const detail = `revision ${revision} is not there yet; the newest is ${newest}`;
    throw new QueryRefused('future', detail);
  }
  if (revision < oldest) {
    const detail = `revision ${revision} is no longer kept; the oldest is ${oldest}`;
    throw new QueryRefused('forgotten', detail);
  }
}

/** The keys in the order that is wanted. */
function found(
  state: KeysState,
  within: KeyRange,
  { sort, isDescending, revision, count }: Order & { readonly revision: number; count: number },
): Iterable<Found> {
  if (sort === 'key' && !isDescending) return keysIn(state, within, revision);
  const isNewest = revision === newestRevision(state);
  if (sort === 'key' && isNewest) return newestBackwards(state, within);
  if (count > lookedAtMax) {
    const detail = `${count} keys are too many to sort; at most ${lookedAtMax} can be`;
    throw new QueryRefused('tooLarge', detail);
  }
  const sign = isDescending ? -1 : 1;
  const isKey = sort === 'key';
  const rank = ([key, record]: Found): string | number => (isKey ? key : record[sort]);
  // Sorting keeps the order of the keys among equals.
  return [...keysIn(state, within, revision)].sort((a, b) => sign * compared(rank(a), rank(b)));
}

const compared = (a: string | number, b: string | number): number => (a === b ? 0 : a < b ? -1 : 1);

function pageOf(
  keys: Iterable<Found>,
  wanted: Filter & Order & { readonly limit: number; readonly withValues: boolean },
  view: QueryView,
): Page {
  const items: Item[] = [];
  const hasNext = wanted.sort === 'key' && !wanted.isDescending;
  let bytes = 0;
  let looked = 0;
  for (const [key, record] of keys) {
    const isPassing = passes(record, wanted);
    const isFull = isPassing && (items.length >= wanted.limit || bytes >= pageMaxBytes);
    if (isFull || looked >= lookedAtMax) {
      return { items, next: hasNext ? key : undefined, isMore: true };
    }
    looked += 1;
    if (!isPassing) continue;
    const withValue = wanted.withValues;
    items.push(itemOf(key, record, { withValue, ttlMs: ttlOf(record, view) }));
    bytes += key.length + itemOverheadBytes + (withValue ? record.value.length : 0);
  }
  return { items, next: undefined, isMore: false };
}

export const ttlOf = ({ lease }: KeyRecord, view: QueryView): number | undefined =>
  lease === 0 ? undefined : view.leaseRemainingMs(lease);

const passes = (
  { createRevision, modRevision }: KeyRecord,
  { createdFrom, createdThrough, modifiedFrom, modifiedThrough }: Filter,
): boolean =>
  createRevision >= createdFrom &&
  modRevision >= modifiedFrom &&
  (createdThrough === 0 || createRevision <= createdThrough) &&
  (modifiedThrough === 0 || modRevision <= modifiedThrough);
