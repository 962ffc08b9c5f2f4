import { type ByteString, textOf } from '../../codec/byte-string.ts';
import type { ValueOf } from '../../codec/shape.ts';
import { byteString, count, fields, list, optional, text } from '../../codec/shapes.ts';
import { remainingShape } from '../leases/lease-table.ts';
import { type QueryView, query } from '../machine.ts';
import { attachedCount, keysOfLease } from './attached.ts';
import { boundShape, nameMaxBytes, nameShape, revisionShape } from './item.ts';
import { ttlOf } from './read-range.ts';
import type { KeyRecord } from './record.ts';
import {
  allLocks,
  isLockKey,
  isReserved,
  lockKey,
  lockName,
  ticketOf,
  waitersOf,
} from './reserved.ts';
import { keysIn } from './select.ts';
import type { KeysState } from './state.ts';

const pageMax = 1000;
const limit = count({ min: 1, max: pageMax });

const remainingMs = optional(remainingShape);
const heldLock = fields({
  name: nameShape,
  holder: nameShape,
  token: count(),
  lease: count(),
  /** What the lease has left, where that is known. */
  remainingMs,
  /** The revision since which it is held so. */
  revision: revisionShape,
  waiting: count(),
});
const waiter = fields({ holder: nameShape, ticket: count(), lease: count(), remainingMs });

const lockOf = (
  { keys }: KeysState,
  name: string,
  record: KeyRecord,
  view: QueryView,
): ValueOf<typeof heldLock> => ({
  name,
  holder: textOf(record.value),
  token: record.token,
  lease: record.lease,
  remainingMs: ttlOf(record, view),
  revision: record.modRevision,
  waiting: keys.count(waitersOf(name).start, waitersOf(name).end),
});

/** Who holds a lock, and the first of those who wait for it. */
export const lock = query({
  takes: { lock: nameShape, limit },
  gives: { found: optional(heldLock), waiters: list(waiter) },
  answer: (state: KeysState, { lock: wanted, limit }, view) => {
    const record = state.keys.get(lockKey(wanted));
    const waiters: ValueOf<typeof waiter>[] = [];
    for (const [key, { value, lease }] of keysIn(state, waitersOf(wanted))) {
      if (waiters.length === limit) break;
      const remainingMs = view.leaseRemainingMs(lease);
      waiters.push({ holder: textOf(value), ticket: ticketOf(key), lease, remainingMs });
    }
    return { found: record && lockOf(state, wanted, record, view), waiters };
  },
});

/** The locks that are held, in the order of their names, from one on. */
export const locks = query({
  takes: { start: text({ max: nameMaxBytes }), limit },
  gives: { locks: list(heldLock), next: optional(nameShape), count: count() },
  answer: (state: KeysState, { start, limit }, view) => {
    const all = state.keys.count(allLocks.start, allLocks.end);
    const found: ValueOf<typeof heldLock>[] = [];
    for (const [key, record] of keysIn(state, { ...allLocks, start: lockKey(start) })) {
      if (found.length === limit) return { locks: found, next: lockName(key), count: all };
      found.push(lockOf(state, lockName(key), record, view));
    }
    return { locks: found, next: undefined, count: all };
  },
});

/** What hangs on a lease: keys and locks, from one on, and how much it is altogether. */
export const attached = query({
  takes: { lease: count(), start: boundShape, limit },
  gives: {
    keys: list(byteString()),
    locks: list(nameShape),
    /** Where the next page begins. */
    next: optional(boundShape),
    /** Places in the lines before locks are counted too. */
    count: count(),
  },
  answer: ({ attached }: KeysState, { lease, start, limit }) => {
    const all = attachedCount(attached, lease);
    const page: ByteString[] = [];
    let next: ByteString | undefined;
    for (const key of keysOfLease(attached, lease, start)) {
      if (page.length === limit) {
        next = key;
        break;
      }
      page.push(key);
    }
    const keys = page.filter(key => !isReserved(key));
    const locks = page.filter(isLockKey).map(lockName);
    return { keys, locks, next, count: all };
  },
});
