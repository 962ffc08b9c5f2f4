import type { ByteString } from '../../codec/byte-string.ts';
import { byteString, count, flag, integer, list, optional } from '../../codec/shapes.ts';
import { Aborted, type Draft } from '../draft.ts';
import {
  demandLease,
  endPrivate,
  grantLease,
  leaseOf,
  renewLease,
  ttlShape,
} from '../leases/lease-table.ts';
import { operation } from '../machine.ts';
import { erase, look, lookedAtMax, revisionNow, write } from './change.ts';
import {
  boundShape,
  type Item,
  itemOf,
  itemShape,
  keyShape,
  revisionShape,
  typeShape,
} from './item.ts';
import { addText, deleteText, putText, rangeText } from './lines.ts';
import type { KeyRecord } from './record.ts';
import { isReserved, type KeyRange, rangeOf } from './reserved.ts';
import { countIn, type Found, foundIn } from './select.ts';
import { compacted, keysSlot, newestRevision, oldestRevision, trimmed } from './state.ts';

/** Keys that one operation may return. */
const itemsMax = 10_000;
/** Of a key that was not asked for by its name. */
const itemOverheadBytes = 64;

const ttl = optional(ttlShape);
const answered = { revision: revisionShape };

export const put = operation({
  code: 1,
  takes: {
    key: keyShape,
    value: byteString(),
    type: typeShape,
    /** The key ends so long after its last renewal. */
    ttlMs: ttl,
    /** The key ends with this lease. */
    lease: optional(count({ min: 1 })),
    wantsPrevious: flag,
  },
  gives: { ...answered, item: itemShape, previous: optional(itemShape) },
  apply: (draft, { key, value, type, ttlMs, lease, wantsPrevious }) => {
    demandPeoples(draft, key);
    const before = draft.get(keysSlot).keys.get(key);
    const previous = wantsPrevious && before ? carried(draft, [key, before], true) : undefined;
    const hangsOn = leaseFor(draft, before, { ttlMs, lease });
    const record = write(draft, key, before, { value, type, lease: hangsOn, token: 0 });
    if (before !== undefined && before.lease !== hangsOn) endPrivate(draft, [before.lease]);
    const item = itemOf(key, record, { withValue: false, ttlMs });
    return { revision: revisionNow(draft), item, previous };
  },
  text: putText,
});

function demandPeoples(draft: Draft, key: ByteString): void {
  draft.demand(!isReserved(key), 'reservedKey');
}

/** What a key is to hang on. A lease of its own goes on, and has its full time again. */
function leaseFor(
  draft: Draft,
  before: KeyRecord | undefined,
  { ttlMs, lease }: { readonly ttlMs: number | undefined; readonly lease: number | undefined },
): number {
  draft.demand(ttlMs === undefined || lease === undefined, 'ttlAndLease');
  if (lease !== undefined) {
    demandLease(draft, lease);
    return lease;
  }
  if (ttlMs === undefined) return 0;
  const known = before?.lease ?? 0;
  if (!leaseOf(draft, known)?.isPrivate) return grantLease(draft, { ttlMs, isPrivate: true });
  renewLease(draft, known, ttlMs);
  return known;
}

export const remove = operation({
  code: 2,
  takes: { start: boundShape, end: boundShape, wantsPrevious: flag },
  gives: { ...answered, deleted: count(), previous: list(itemShape) },
  apply: (draft, { wantsPrevious, ...bounds }) => {
    const range = rangeOf(bounds);
    demandPeoples(draft, range.start);
    const found = allIn(draft, range);
    const previous = wantsPrevious ? items(draft, found, true) : [];
    const leases = found.map(([, { lease }]) => lease);
    if (found.length > 0) erase(draft, found);
    endPrivate(draft, leases);
    return { revision: revisionNow(draft), deleted: found.length, previous };
  },
  text: deleteText,
});

function allIn(draft: Draft, range: KeyRange): Found[] {
  const found = foundIn(draft.get(keysSlot), range, lookedAtMax + 1);
  look(draft, found.length);
  return found;
}

/** Items of an answer: the first costs its value alone, for it was asked for by its name. */
const items = (draft: Draft, found: readonly Found[], withValue: boolean): Item[] =>
  found.map((one, place) => {
    if (place > 0) draft.carry(one[0].length + itemOverheadBytes);
    return carried(draft, one, withValue);
  });

function carried(draft: Draft, [key, record]: Found, withValue: boolean): Item {
  if (withValue) draft.carry(record.value.length);
  return itemOf(key, record, { withValue });
}

export const range = operation({
  code: 3,
  takes: { start: boundShape, end: boundShape, limit: count({ max: itemsMax }), withValues: flag },
  gives: { ...answered, count: count(), items: list(itemShape) },
  apply: (draft, { limit, withValues, ...bounds }) => {
    const state = draft.get(keysSlot);
    const within = rangeOf(bounds);
    const found = foundIn(state, within, limit);
    return {
      revision: revisionNow(draft),
      count: countIn(state, within),
      items: items(draft, found, withValues),
    };
  },
  text: rangeText,
});

const integerMax = 2n ** 63n - 1n;
const integerMin = -(2n ** 63n);
const integerPattern = /^-?\d{1,19}$/;

/** Adds to a decimal whole number of 64 bits; an absent key counts as 0. What it hangs on stays. */
export const add = operation({
  code: 4,
  takes: { key: keyShape, by: integer },
  gives: { ...answered, item: itemShape },
  apply: (draft, { key, by }) => {
    demandPeoples(draft, key);
    const before = draft.get(keysSlot).keys.get(key);
    const text = before?.value ?? '0';
    draft.demand(integerPattern.test(text), 'notANumber');
    const sum = BigInt(text) + BigInt(by);
    draft.demand(sum <= integerMax && sum >= integerMin, 'outOfRange');
    const { type = 'text/plain', lease = 0 } = before ?? {};
    const value = String(sum) as ByteString;
    const record = write(draft, key, before, { value, type, lease, token: 0 });
    return { revision: revisionNow(draft), item: itemOf(key, record, { withValue: true }) };
  },
  text: addText,
});

const kept = { ...answered, oldest: revisionShape };

/** Forgets the versions that only revisions before this one show. */
export const compact = operation({
  code: 5,
  takes: { revision: revisionShape },
  gives: kept,
  apply: (draft, { revision }) => {
    const state = draft.get(keysSlot);
    if (revision > newestRevision(state)) throw new Aborted('futureRevision');
    draft.set(keysSlot, compacted(state, revision));
    return keptNow(draft);
  },
  text: ({ revision }) => `COMPACT ${revision}`,
});

const keptNow = (draft: Draft): { readonly revision: number; readonly oldest: number } => ({
  revision: revisionNow(draft),
  oldest: oldestRevision(draft.get(keysSlot)),
});

/** How much of the past is kept from now on. */
export const limit = operation({
  code: 6,
  takes: { setsMax: count({ min: 1 }), bytesMax: count({ min: 1 }), ageMs: count() },
  gives: kept,
  apply: (draft, limits) => {
    draft.set(keysSlot, trimmed({ ...draft.get(keysSlot), limits }));
    return keptNow(draft);
  },
  text: ({ setsMax, bytesMax, ageMs }) => `KEEP ${setsMax} ${bytesMax} ${ageMs}`,
});
