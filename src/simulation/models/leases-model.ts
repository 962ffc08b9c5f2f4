import type { Random } from '../random.ts';
import type { Known, MachineModel } from './model.ts';
import { ModelAborted, type ModelDraft, withKey } from './model-draft.ts';

export type LeaseData = {
  readonly ttlMs: number;
  readonly isPrivate: boolean;
  readonly renewals: number;
};
type LeasesData = { readonly granted: ReadonlyMap<number, LeaseData> };

export const grantedIn = (draft: ModelDraft): ReadonlyMap<number, LeaseData> =>
  draft.get<LeasesData>('leases').granted;

function put(draft: ModelDraft, lease: number, value: LeaseData | undefined): void {
  draft.change<LeasesData>('leases', { granted: withKey(grantedIn(draft), lease, value) });
}

export function grantIn(draft: ModelDraft, ttlMs: number, isPrivate: boolean): number {
  const lease = draft.nextToken();
  put(draft, lease, { ttlMs, isPrivate, renewals: 0 });
  return lease;
}

/** A lease that is there. */
export function leaseIn(draft: ModelDraft, lease: number): LeaseData {
  const known = grantedIn(draft).get(lease);
  if (known === undefined) throw new ModelAborted('leaseNotFound');
  return known;
}

/** A lease that somebody names. */
export function namedIn(draft: ModelDraft, lease: number): LeaseData {
  const known = leaseIn(draft, lease);
  draft.demand(!known.isPrivate, 'leaseIsPrivate');
  return known;
}

export function renewIn(draft: ModelDraft, lease: number, ttlMs?: number): void {
  const known = leaseIn(draft, lease);
  put(draft, lease, { ...known, ttlMs: ttlMs ?? known.ttlMs, renewals: known.renewals + 1 });
}

/** All of them are over before anybody hears of one. */
export function endIn(draft: ModelDraft, leases: readonly number[]): number {
  const ending = [...new Set(leases)].filter(lease => grantedIn(draft).has(lease));
  for (const lease of ending) put(draft, lease, undefined);
  for (const lease of ending.sort((a, b) => a - b)) draft.leaseEnded(lease);
  return ending.length;
}

export function endPrivateIn(draft: ModelDraft, lease: number): void {
  if (grantedIn(draft).get(lease)?.isPrivate) endIn(draft, [lease]);
}

/** Often one that is there; now and then one that is gone, or was never there. */
export function anyLease(random: Random, { draft }: Known): number {
  const there = [...grantedIn(draft).keys()];
  return there[random.below(there.length + 1)] ?? 1 + random.below(draft.token + 1);
}

const told = ([lease, { ttlMs, isPrivate }]: readonly [number, LeaseData]) => ({
  lease,
  ttlMs,
  isPrivate,
});

export const leasesModel: MachineModel<'leases'> = {
  name: 'leases',
  create: (): LeasesData => ({ granted: new Map() }),
  operations: {
    'leases.grant': (draft, { ttlMs }) => ({ lease: grantIn(draft, ttlMs, false), ttlMs }),
    'leases.revoke': (draft, { leases }) => ({ ended: endIn(draft, leases) }),
    'leases.expire': (draft, { leases }) => {
      const granted = grantedIn(draft);
      const meant = leases.filter(one => granted.get(one.lease)?.renewals === one.renewals);
      return {
        ended: endIn(
          draft,
          meant.map(one => one.lease),
        ),
      };
    },
  },
  conditions: {
    'leases.alive': (draft, { lease }) => grantedIn(draft).has(lease),
  },
  queries: {
    'leases.list': (
      draft,
      { start, limit }: { readonly start: number; readonly limit: number },
    ) => {
      const all = [...grantedIn(draft)].sort(([a], [b]) => a - b);
      const rest = all.filter(([lease]) => lease >= start);
      return { leases: rest.slice(0, limit).map(told), next: rest[limit]?.[0], count: all.length };
    },
    'leases.get': (draft, { lease }: { readonly lease: number }) => {
      const known = grantedIn(draft).get(lease);
      return { found: known && told([lease, known]) };
    },
  },
  leaseEnded: () => undefined,
  passed: () => undefined,
  operation: (random, known) => {
    if (known.ttlMs > 0 && random.chance(0.7)) {
      const ttlMs = Math.ceil(known.ttlMs * random.between(1, 2));
      return { op: 'leases.grant', ttlMs };
    }
    return { op: 'leases.revoke', leases: [anyLease(random, known), anyLease(random, known)] };
  },
  condition: (random, known) => ({ on: 'leases.alive', lease: anyLease(random, known) }),
  question: (random, known) =>
    random.chance(0.5)
      ? { name: 'leases.list', query: { start: random.below(10), limit: 1 + random.below(4) } }
      : { name: 'leases.get', query: { lease: anyLease(random, known) } },
};
