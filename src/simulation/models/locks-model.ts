import {
  type KeysData,
  keysDataOf,
  type LockData,
  revisionIn,
  touch,
  type WaiterData,
} from './keys-data.ts';
import { endPrivateIn, grantedIn, grantIn, leaseIn, namedIn, renewIn } from './leases-model.ts';
import type { MachineModel } from './model.ts';
import { ModelAborted, type ModelDraft, withKey } from './model-draft.ts';

type Hold = { readonly ttlMs: number | undefined; readonly lease: number | undefined };
type LockOperations = Pick<
  MachineModel<'keys'>['operations'],
  'keys.acquire' | 'keys.renew' | 'keys.release' | 'keys.leave' | 'keys.guard'
>;

const lineOf = (draft: ModelDraft, lock: string): readonly WaiterData[] =>
  keysDataOf(draft).lines.get(lock) ?? [];

const held = (draft: ModelDraft, lock: string): LockData | undefined =>
  keysDataOf(draft).locks.get(lock);

/** The lock, for whoever holds it under this token. */
function heldUnder(draft: ModelDraft, lock: string, token: number): LockData {
  const found = held(draft, lock);
  if (found?.token !== token) throw new ModelAborted('staleToken');
  return found;
}

function setLine(draft: ModelDraft, lock: string, line: readonly WaiterData[]): void {
  touch(draft, { lines: withKey(keysDataOf(draft).lines, lock, line) });
}

function give(draft: ModelDraft, lock: string, fields: Omit<LockData, 'revision'>): void {
  touch(draft, {});
  const revision = revisionIn(draft);
  touch(draft, { locks: withKey(keysDataOf(draft).locks, lock, { ...fields, revision }) });
}

function free(draft: ModelDraft, lock: string): void {
  touch(draft, { locks: withKey(keysDataOf(draft).locks, lock, undefined) });
}

/** The first of the line whose lease lives has the lock now, with its full time. */
function passOn(draft: ModelDraft, lock: string): void {
  const line = lineOf(draft, lock);
  const next = line.find(({ lease }) => grantedIn(draft).has(lease));
  if (next === undefined) return;
  setLine(
    draft,
    lock,
    line.filter(waiter => waiter !== next),
  );
  const { holder, lease } = next;
  give(draft, lock, { holder, lease, token: draft.nextToken() });
  renewIn(draft, lease);
}

/** The lease that a lock or a place in a line hangs on from now on: of two the longer one. */
function hung(draft: ModelDraft, before: number | undefined, hold: Hold): number {
  const { ttlMs = 0, lease } = hold;
  const wantedMs = lease === undefined ? ttlMs : namedIn(draft, lease).ttlMs;
  const known = grantedIn(draft).get(before ?? 0);
  const begun = (): number => {
    if (lease === undefined) return grantIn(draft, wantedMs, true);
    renewIn(draft, lease);
    return lease;
  };
  if (before === undefined || known === undefined) return begun();
  if (lease !== undefined && wantedMs >= known.ttlMs) return begun();
  if (lease === undefined && !known.isPrivate && wantedMs > known.ttlMs) return begun();
  renewIn(draft, before, known.isPrivate ? Math.max(known.ttlMs, wantedMs) : known.ttlMs);
  return before;
}

const answered = (draft: ModelDraft, lease: number) => ({
  revision: revisionIn(draft),
  lease,
  ttlMs: leaseIn(draft, lease).ttlMs,
});

function waitInLine(draft: ModelDraft, lock: string, holder: string, hold: Hold) {
  const line = lineOf(draft, lock);
  const known = line.find(waiter => waiter.holder === holder);
  const ticket = known?.ticket ?? draft.nextToken();
  const lease = hung(draft, known?.lease, hold);
  const waiter = { holder, ticket, lease };
  if (known === undefined) setLine(draft, lock, [...line, waiter]);
  else if (known.lease !== lease) {
    setLine(
      draft,
      lock,
      line.map(one => (one === known ? waiter : one)),
    );
    endPrivateIn(draft, known.lease);
  }
  const ahead = lineOf(draft, lock).findIndex(one => one.ticket === ticket);
  return { ...answered(draft, lease), token: undefined, ticket, ahead };
}

/** What hung on a lease that has ended is free; it is passed on in the order of the names. */
export function locksOfLeaseEnded(draft: ModelDraft, lease: number): void {
  const { lines, locks } = keysDataOf(draft);
  for (const [lock, line] of lines) {
    const rest = line.filter(waiter => waiter.lease !== lease);
    if (rest.length < line.length) setLine(draft, lock, rest);
  }
  const freed = [...locks].filter(([, lock]) => lock.lease === lease).map(([name]) => name);
  for (const lock of freed) free(draft, lock);
  for (const lock of freed.sort((a, b) => (a < b ? -1 : 1))) passOn(draft, lock);
}

export const lockOperations: LockOperations = {
  'keys.acquire': (draft, { lock, holder, waits, ttlMs, lease: named }) => {
    const hold = { ttlMs, lease: named };
    draft.demand((ttlMs === undefined) !== (named === undefined), 'ttlOrLease');
    const before = held(draft, lock);
    if (before !== undefined && before.holder !== holder) {
      draft.demand(waits, 'lockHeld');
      return waitInLine(draft, lock, holder, hold);
    }
    const lease = hung(draft, before?.lease, hold);
    const token = before?.token ?? draft.nextToken();
    if (before?.lease !== lease) {
      give(draft, lock, { holder, token, lease });
      endPrivateIn(draft, before?.lease ?? 0);
    }
    return { ...answered(draft, lease), token, ticket: undefined, ahead: 0 };
  },
  'keys.renew': (draft, { lock, token, ttlMs }) => {
    const { lease } = heldUnder(draft, lock, token);
    renewIn(draft, lease, leaseIn(draft, lease).isPrivate ? ttlMs : undefined);
    return { ...answered(draft, lease), token };
  },
  'keys.release': (draft, { lock, token }) => {
    const { lease } = heldUnder(draft, lock, token);
    free(draft, lock);
    endPrivateIn(draft, lease);
    passOn(draft, lock);
    return { revision: revisionIn(draft) };
  },
  'keys.leave': (draft, { lock, ticket }) => {
    const line = lineOf(draft, lock);
    const waiter = line.find(one => one.ticket === ticket);
    if (waiter !== undefined) {
      setLine(
        draft,
        lock,
        line.filter(one => one !== waiter),
      );
      endPrivateIn(draft, waiter.lease);
    }
    return { revision: revisionIn(draft), hasLeft: waiter !== undefined };
  },
  'keys.guard': (draft, { lock, token }) => {
    heldUnder(draft, lock, token);
    return { revision: revisionIn(draft) };
  },
};

export const isHeldUnder = (draft: ModelDraft, lock: string, token: number): boolean =>
  held(draft, lock)?.token === token;

/** Who holds a lock, and the first of those who wait. */
export function lockAsTold(
  { locks, lines }: KeysData,
  { lock: name, limit }: { readonly lock: string; readonly limit: number },
) {
  const waiters = lines.get(name) ?? [];
  const lock = locks.get(name);
  return {
    found: lock && { name, ...lock, waiting: waiters.length },
    waiters: waiters.slice(0, limit),
  };
}
