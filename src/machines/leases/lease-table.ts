import { count } from '../../codec/shapes.ts';
import type { Draft, Slot } from '../draft.ts';
import { Aborted } from '../draft.ts';
import { PersistentMap } from '../persistent-map.ts';

/**
 * Something that is kept alive by whoever holds it; what hangs on it goes with it.
 *
 * When it ends is no part of the replicated state: the leader alone counts, anew and in full
 * whenever a lease has become another object, and whenever it has begun to lead. So a lease ends
 * late, and never early; and to keep it alive needs no entry of the log.
 */
export type Lease = {
  readonly ttlMs: number;
  /** Made for one thing, and ends with it. Nothing else can be hung on it. */
  readonly isPrivate: boolean;
  /** How often the log has renewed it: who proposes its end says which end is meant. */
  readonly renewals: number;
};

export type LeasesState = {
  /** By `leaseKey`. */
  readonly granted: PersistentMap<Lease>;
};

export const leasesSlot: Slot<LeasesState, 'leases'> = {
  name: 'leases',
  create: () => ({ granted: PersistentMap.empty() }),
};

export const ttlMaxMs = 100 * 365 * 24 * 60 * 60 * 1000;
export const ttlShape = count({ min: 1, max: ttlMaxMs });
/** What is left of one; 0 when it is over. */
export const remainingShape = count({ max: ttlMaxMs });

/** Numbers of leases as text that sorts as they do. */
export const leaseKey = (lease: number): string => lease.toString(16).padStart(14, '0');
export const leaseOfKey = (key: string): number => Number.parseInt(key, 16);

export const leaseOf = (draft: Draft, lease: number): Lease | undefined =>
  draft.get(leasesSlot).granted.get(leaseKey(lease));

function put(draft: Draft, lease: number, value: Lease): void {
  const { granted } = draft.get(leasesSlot);
  draft.set(leasesSlot, { granted: granted.with(leaseKey(lease), value) });
}

/** A new lease; its number is greater than those of all before it. */
export function grantLease(
  draft: Draft,
  { ttlMs, isPrivate }: { readonly ttlMs: number; readonly isPrivate: boolean },
): number {
  const lease = draft.nextToken();
  put(draft, lease, { ttlMs, isPrivate, renewals: 0 });
  return lease;
}

/** From now on it has its full time again, which may be another one than before. */
export function renewLease(draft: Draft, lease: number, ttlMs?: number): void {
  const known = leaseOf(draft, lease);
  if (known === undefined) throw new Aborted('leaseNotFound');
  put(draft, lease, { ...known, ttlMs: ttlMs ?? known.ttlMs, renewals: known.renewals + 1 });
}

/** Whatever is to hang on a lease that somebody names asks here whether it may. */
export function demandLease(draft: Draft, lease: number): Lease {
  const known = leaseOf(draft, lease);
  if (known === undefined) throw new Aborted('leaseNotFound');
  draft.demand(!known.isPrivate, 'leaseIsPrivate');
  return known;
}

/** Ends these leases, and with them all that hangs on them. Tells how many there were. */
export function endLeases(draft: Draft, leases: readonly number[]): number {
  const { granted } = draft.get(leasesSlot);
  const ending = [...new Set(leases)]
    .filter(lease => granted.has(leaseKey(lease)))
    .sort((a, b) => a - b);
  if (ending.length === 0) return 0;
  // All of them are over before anybody hears of one: what is freed by the end of a lease must not
  // be handed to somebody whose own lease ends in the same moment.
  draft.set(leasesSlot, { granted: granted.withoutAll(ending.map(leaseKey)) });
  for (const lease of ending) draft.endLease(lease);
  return ending.length;
}

/** Ends those of these leases that were made for a single thing, which is gone: nobody is told. */
export function endPrivate(draft: Draft, leases: readonly number[]): void {
  const { granted } = draft.get(leasesSlot);
  const keys: string[] = [];
  for (const lease of leases) {
    const key = lease === 0 ? '' : leaseKey(lease);
    if (lease !== 0 && granted.get(key)?.isPrivate) keys.push(key);
  }
  if (keys.length === 0) return;
  draft.set(leasesSlot, { granted: granted.withoutAll(keys.sort((a, b) => (a < b ? -1 : 1))) });
}
