import { utf8BytesOf } from '../../codec/byte-string.ts';
import { count, flag, optional } from '../../codec/shapes.ts';
import { quoted } from '../../events/quoted-words.ts';
import { Aborted, type Draft } from '../draft.ts';
import {
  demandLease,
  endPrivate,
  grantLease,
  leaseOf,
  remainingShape,
  renewLease,
  ttlShape,
} from '../leases/lease-table.ts';
import { condition, operation } from '../machine.ts';
import { erase, revisionNow, write } from './change.ts';
import { nameShape, revisionShape } from './item.ts';
import type { KeyRecord } from './record.ts';
import { lockKey, ticketOf, waiterKey, waitersOf } from './reserved.ts';
import { keysIn } from './select.ts';
import { keysSlot } from './state.ts';

/*
 * A lock is a key with a lease and a token: whoever its value names holds it as long as the lease
 * lives. So is a place in the line before it, except that it has a ticket.
 */

/** Who waits for one lock. */
const waitersMax = 1000;

const token = count();
const revision = revisionShape;

type Hold = { readonly ttlMs: number | undefined; readonly lease: number | undefined };

export const acquire = operation({
  code: 7,
  takes: {
    lock: nameShape,
    holder: nameShape,
    /** The lock has a lease of its own, of so long; or else hangs on one that is there. */
    ttlMs: optional(ttlShape),
    lease: optional(count({ min: 1 })),
    /** Takes a place in the line if somebody else holds it. */
    waits: flag,
  },
  gives: {
    revision,
    /** Undefined as long as another one holds it. */
    token: optional(token),
    /** The place in the line, and how many come before it. */
    ticket: optional(count()),
    ahead: count(),
    lease: count(),
    ttlMs: remainingShape,
  },
  apply: (draft, { lock, holder, waits, ...hold }) => {
    draft.demand((hold.ttlMs === undefined) !== (hold.lease === undefined), 'ttlOrLease');
    const held = heldLock(draft, lock);
    if (held !== undefined && held.value !== utf8BytesOf(holder)) {
      draft.demand(waits, 'lockHeld');
      return waitInLine(draft, lock, holder, hold);
    }
    const lease = hung(draft, held?.lease, hold);
    // Whoever repeats it, not knowing whether it has the lock, goes on with what it has.
    const granted = held?.token ?? draft.nextToken();
    if (held?.lease !== lease) give(draft, lock, { value: utf8BytesOf(holder), lease }, granted);
    return { ...answer(draft, lease), token: granted, ticket: undefined, ahead: 0 };
  },
  text: ({ lock, holder, ttlMs, lease, waits }) => {
    const time = ttlMs === undefined ? `LEASE ${lease}` : String(ttlMs);
    return `ACQUIRE ${quoted(lock)} ${quoted(holder)} ${time}${waits ? ' WAIT' : ''}`;
  },
});

export const heldLock = (draft: Draft, lock: string): KeyRecord | undefined =>
  draft.get(keysSlot).keys.get(lockKey(lock));

const answer = (draft: Draft, lease: number) => ({
  revision: revisionNow(draft),
  lease,
  ttlMs: leaseOf(draft, lease)?.ttlMs ?? 0,
});

function give(
  draft: Draft,
  lock: string,
  { value, lease }: Pick<KeyRecord, 'value' | 'lease'>,
  granted: number,
): void {
  const before = heldLock(draft, lock);
  write(draft, lockKey(lock), before, { value, type: 'text/plain', lease, token: granted });
  if (before !== undefined) endPrivate(draft, [before.lease]);
}

/**
 * The lease on which something is to hang that may hang on one already. What was promised is never
 * cut short, and nobody here knows how much of it is left: so of two leases it is the longer one,
 * and it begins anew.
 */
function hung(draft: Draft, held: number | undefined, hold: Hold): number {
  const { ttlMs, lease } = hold;
  const wantedMs = lease === undefined ? (ttlMs ?? 0) : demandLease(draft, lease).ttlMs;
  const known = held === undefined ? undefined : leaseOf(draft, held);
  if (held === undefined || known === undefined) return begun(draft, hold);
  const isBetter =
    lease === undefined ? !known.isPrivate && wantedMs > known.ttlMs : wantedMs >= known.ttlMs;
  if (isBetter) return begun(draft, hold);
  renewLease(draft, held, known.isPrivate ? Math.max(known.ttlMs, wantedMs) : known.ttlMs);
  return held;
}

/** The lease that is asked for, with its full time. */
function begun(draft: Draft, { ttlMs = 1, lease }: Hold): number {
  if (lease === undefined) return grantLease(draft, { ttlMs, isPrivate: true });
  renewLease(draft, lease);
  return lease;
}

function waitInLine(draft: Draft, lock: string, holder: string, hold: Hold) {
  const value = utf8BytesOf(holder);
  const line = waitersOf(lock);
  const waiters = [...keysIn(draft.get(keysSlot), line)];
  const known = waiters.find(([, waiter]) => waiter.value === value);
  const ticket = known === undefined ? newTicket(draft, lock) : ticketOf(known[0]);
  const key = waiterKey(lock, ticket);
  const before = known?.[1].lease;
  const lease = hung(draft, before, hold);
  if (lease !== before) {
    write(draft, key, known?.[1], { value, type: 'text/plain', lease, token: 0 });
    if (before !== undefined) endPrivate(draft, [before]);
  }
  const ahead = draft.get(keysSlot).keys.count(line.start, key);
  return { ...answer(draft, lease), token: undefined, ticket, ahead };
}

function newTicket(draft: Draft, lock: string): number {
  const { start, end } = waitersOf(lock);
  draft.demand(draft.get(keysSlot).keys.count(start, end) < waitersMax, 'lineTooLong');
  return draft.nextToken();
}

/** The lock is free: the first in the line whose lease lives has it at once, with its full time. */
export function passOn(draft: Draft, lock: string): void {
  for (const [key, waiter] of keysIn(draft.get(keysSlot), waitersOf(lock))) {
    if (leaseOf(draft, waiter.lease) === undefined) continue;
    erase(draft, [[key, waiter]]);
    give(draft, lock, waiter, draft.nextToken());
    renewLease(draft, waiter.lease);
    return;
  }
}

/** The lock, for whoever holds it under this token. */
function demandHeld(draft: Draft, lock: string, held: number): KeyRecord {
  const record = heldLock(draft, lock);
  if (record?.token !== held) throw new Aborted('staleToken');
  return record;
}

export const renew = operation({
  code: 8,
  takes: { lock: nameShape, token, ttlMs: ttlShape },
  gives: { revision, token, lease: count(), ttlMs: remainingShape },
  apply: (draft, { lock, token, ttlMs }) => {
    const { lease } = demandHeld(draft, lock, token);
    // A lease that others hang on as well keeps its time.
    renewLease(draft, lease, leaseOf(draft, lease)?.isPrivate ? ttlMs : undefined);
    return { ...answer(draft, lease), token };
  },
  text: ({ lock, token, ttlMs }) => `RENEW ${quoted(lock)} ${token} ${ttlMs}`,
});

export const release = operation({
  code: 9,
  takes: { lock: nameShape, token },
  gives: { revision },
  apply: (draft, { lock, token }) => {
    const record = demandHeld(draft, lock, token);
    erase(draft, [[lockKey(lock), record]]);
    endPrivate(draft, [record.lease]);
    passOn(draft, lock);
    return { revision: revisionNow(draft) };
  },
  text: ({ lock, token }) => `RELEASE ${quoted(lock)} ${token}`,
});

/** Gives up a place in the line. */
export const leave = operation({
  code: 10,
  takes: { lock: nameShape, ticket: count() },
  gives: {
    revision,
    /** False when there is no such place any more: the lock may have been given to it. */
    hasLeft: flag,
  },
  apply: (draft, { lock, ticket }) => {
    const key = waiterKey(lock, ticket);
    const waiter = draft.get(keysSlot).keys.get(key);
    if (waiter !== undefined) {
      erase(draft, [[key, waiter]]);
      endPrivate(draft, [waiter.lease]);
    }
    return { revision: revisionNow(draft), hasLeft: waiter !== undefined };
  },
  text: ({ lock, ticket }) => `LEAVE ${quoted(lock)} ${ticket}`,
});

/** Nothing of the transaction happens unless the lock is held under this token. */
export const guard = operation({
  code: 11,
  takes: { lock: nameShape, token },
  gives: { revision },
  apply: (draft, { lock, token }) => {
    demandHeld(draft, lock, token);
    return { revision: revisionNow(draft) };
  },
  text: ({ lock, token }) => `GUARD ${quoted(lock)} ${token}`,
});

/** The lock is held, under this token. */
export const tokenIs = condition({
  code: 6,
  takes: { lock: nameShape, token },
  holds: (draft, { lock, token }) => heldLock(draft, lock)?.token === token,
});
