import type { ValueOf } from '../../codec/shape.ts';
import { count, fields, flag, list, optional } from '../../codec/shapes.ts';
import { condition, kept, machine, noLeases, nothingDue, operation, query } from '../machine.ts';
import { PersistentMap } from '../persistent-map.ts';
import {
  endLeases,
  grantLease,
  type Lease,
  type LeasesState,
  leaseKey,
  leaseOf,
  leaseOfKey,
  leasesSlot,
  remainingShape,
  ttlShape,
} from './lease-table.ts';

/** Leases that one operation ends, or one request keeps alive. */
export const leasesPerOperationMax = 1000;
const pageMaxLeases = 10_000;

const numbers = list(count(), { max: leasesPerOperationMax });

const grant = operation({
  code: 1,
  takes: { ttlMs: ttlShape },
  gives: { lease: count(), ttlMs: ttlShape },
  apply: (draft, { ttlMs }) => ({
    lease: grantLease(draft, { ttlMs, isPrivate: false }),
    ttlMs,
  }),
  text: ({ ttlMs }) => `GRANT ${ttlMs}`,
});

/** Somebody wants these to end. Those that are over already do no harm. */
const revoke = operation({
  code: 2,
  takes: { leases: numbers },
  gives: { ended: count() },
  apply: (draft, { leases }) => ({ ended: endLeases(draft, leases) }),
  text: ({ leases }) => `REVOKE ${leases.join(' ')}`,
});

/**
 * The leader has seen these leases pass their end. One that the log has renewed since the leader
 * looked goes on: its renewal stands before this in the log, and its holder may know of it.
 */
const expire = operation({
  code: 3,
  takes: {
    leases: list(fields({ lease: count(), renewals: count() }), { max: leasesPerOperationMax }),
  },
  gives: { ended: count() },
  apply: (draft, { leases }) => {
    const over = leases.filter(
      ({ lease, renewals }) => leaseOf(draft, lease)?.renewals === renewals,
    );
    return {
      ended: endLeases(
        draft,
        over.map(({ lease }) => lease),
      ),
    };
  },
  text: ({ leases }) => `EXPIRE ${leases.map(({ lease }) => lease).join(' ')}`,
});

const alive = condition({
  code: 1,
  takes: { lease: count() },
  holds: (draft, { lease }) => leaseOf(draft, lease) !== undefined,
});

/** A lease as it is told. */
const toldLease = fields({
  lease: count(),
  ttlMs: ttlShape,
  isPrivate: flag,
  /** What it has left, where that is known. */
  remainingMs: optional(count()),
});

const told = (
  key: string,
  { ttlMs, isPrivate }: Lease,
  leaseRemainingMs: (lease: number) => number | undefined,
): ValueOf<typeof toldLease> => {
  const lease = leaseOfKey(key);
  return { lease, ttlMs, isPrivate, remainingMs: leaseRemainingMs(lease) };
};

/** Leases by number, from `start` on. */
const page = query({
  takes: { start: count(), limit: count({ min: 1, max: pageMaxLeases }) },
  gives: { leases: list(toldLease), next: optional(count()), count: count() },
  answer: ({ granted }: LeasesState, { start, limit }, view) => {
    const leases: ValueOf<typeof toldLease>[] = [];
    for (const [key, lease] of granted.entries(leaseKey(start))) {
      if (leases.length === limit) {
        return { leases, next: leaseOfKey(key), count: granted.size };
      }
      leases.push(told(key, lease, of => view.leaseRemainingMs(of)));
    }
    return { leases, next: undefined, count: granted.size };
  },
});

const get = query({
  takes: { lease: count() },
  gives: { found: optional(toldLease) },
  answer: ({ granted }: LeasesState, { lease }, view) => {
    const known = granted.get(leaseKey(lease));
    const found = known && told(leaseKey(lease), known, of => view.leaseRemainingMs(of));
    return { found };
  },
});

/**
 * Each lease has its full time again. The leader answers: deadlines are its own affair, and no part
 * of the state. `ttlMs` is 0 for a lease that is over.
 */
const keepAlive = query({
  takes: { leases: numbers },
  gives: {
    leases: list(fields({ lease: count(), ttlMs: remainingShape }), {
      max: leasesPerOperationMax,
    }),
  },
});

/** What keys, locks, and later claims and instances hang on. */
export const leases = machine(leasesSlot, {
  code: 3,
  since: 1,
  operations: { grant, revoke, expire },
  conditions: { alive },
  queries: { list: page, get, keepAlive },
  due: nothingDue,
  leaseEnded: noLeases,
  parts: {
    granted: kept({
      row: fields({ lease: count(), ttlMs: ttlShape, isPrivate: flag, renewals: count() }),
      capture: (granted: PersistentMap<Lease>) => rowsOf(granted),
      restore: rows =>
        PersistentMap.fromSorted(
          rows.map(({ lease, ...value }) => [leaseKey(lease), value] as const),
        ),
    }),
  },
  changes: undefined,
  // Their numbers come from the counter of the whole state, which is raised for all.
  raised: state => state,
  figures: ({ granted }) => ({ leases: granted.size }),
});

function* rowsOf(granted: PersistentMap<Lease>): Generator<Lease & { readonly lease: number }> {
  for (const [key, value] of granted.entries()) yield { lease: leaseOfKey(key), ...value };
}
