import { utf8BytesOf } from '../../codec/byte-string.ts';
import type { Condition, Operation } from '../../machines/machines.ts';
import type { Random } from '../random.ts';
import {
  type Bounds,
  itemOf,
  type KeyData,
  type KeysData,
  keysDataOf,
  noKeys,
  type Row,
  removeKeys,
  revisionIn,
  rowsIn,
  trim,
  writeKey,
} from './keys-data.ts';
import { anyLease, endPrivateIn, grantedIn, grantIn, namedIn, renewIn } from './leases-model.ts';
import { isHeldUnder, lockAsTold, lockOperations, locksOfLeaseEnded } from './locks-model.ts';
import type { Known, MachineModel, Question } from './model.ts';
import type { ModelDraft } from './model-draft.ts';

type Hold = { readonly ttlMs: number | undefined; readonly lease: number | undefined };
type Numbered = Bounds & { readonly is: string; readonly number: number };
type RangeQuery = Bounds & {
  readonly limit: number;
  readonly revision: number;
  readonly withValues: boolean;
  readonly countOnly: boolean;
};

/** What a key hangs on after a put. A lease of its own goes on, and has its full time again. */
function hungOn(draft: ModelDraft, before: KeyData | undefined, { ttlMs, lease }: Hold): number {
  draft.demand(ttlMs === undefined || lease === undefined, 'ttlAndLease');
  if (lease !== undefined) {
    namedIn(draft, lease);
    return lease;
  }
  if (ttlMs === undefined) return 0;
  const own = before?.lease ?? 0;
  if (!grantedIn(draft).get(own)?.isPrivate) return grantIn(draft, ttlMs, true);
  renewIn(draft, own, ttlMs);
  return own;
}

const related = <T extends string | number>(left: T, is: string, right: T): boolean => {
  if (is === '=') return left === right;
  if (is === '!=') return left !== right;
  return is === '<' ? left < right : left > right;
};

/** For each key of the range; one without keys is like a key that is absent. */
function holdsForAll(
  draft: ModelDraft,
  bounds: Bounds,
  holds: (record: KeyData | undefined) => boolean,
): boolean {
  const rows = rowsIn(keysDataOf(draft).keys, bounds);
  return rows.length === 0 ? holds(undefined) : rows.every(([, record]) => holds(record));
}

const numberIs =
  (field: 'version' | 'createRevision' | 'modRevision' | 'lease') =>
  (draft: ModelDraft, { is, number, ...bounds }: Numbered): boolean =>
    holdsForAll(draft, bounds, record => related(record?.[field] ?? 0, is, number));

const kept = (draft: ModelDraft) => ({
  revision: revisionIn(draft),
  oldest: keysDataOf(draft).oldest,
});

export const keysModel: MachineModel<'keys'> = {
  name: 'keys',
  create: (): KeysData => noKeys,
  operations: {
    ...lockOperations,
    'keys.put': (draft, { key, value, type, ttlMs, lease, wantsPrevious }) => {
      const before = keysDataOf(draft).keys.get(key);
      const previous = wantsPrevious && before ? itemOf([key, before], true) : undefined;
      const hangsOn = hungOn(draft, before, { ttlMs, lease });
      const record = writeKey(draft, key, { value, type, lease: hangsOn });
      if (before !== undefined && before.lease !== hangsOn) endPrivateIn(draft, before.lease);
      const item = itemOf([key, record], false, ttlMs);
      return { revision: revisionIn(draft), item, previous } as never;
    },
    'keys.delete': (draft, { wantsPrevious, ...bounds }) => {
      const rows = rowsIn(keysDataOf(draft).keys, bounds);
      removeKeys(
        draft,
        rows.map(([key]) => key),
      );
      const owned = new Set(rows.map(([, { lease }]) => lease));
      for (const lease of [...owned].sort((a, b) => a - b)) endPrivateIn(draft, lease);
      const previous = wantsPrevious ? rows.map(row => itemOf(row, true)) : [];
      return { revision: revisionIn(draft), deleted: rows.length, previous } as never;
    },
    'keys.range': (draft, { limit, withValues, ...bounds }) => {
      const rows = rowsIn(keysDataOf(draft).keys, bounds);
      const items = rows.slice(0, limit).map(row => itemOf(row, withValues));
      return { revision: revisionIn(draft), count: rows.length, items } as never;
    },
    'keys.add': (draft, { key, by }) => {
      const before = keysDataOf(draft).keys.get(key);
      const { value: text = '0', type = 'text/plain', lease = 0 } = before ?? {};
      draft.demand(/^-?\d{1,19}$/.test(text), 'notANumber');
      const value = String(BigInt(text) + BigInt(by));
      const record = writeKey(draft, key, { value, type, lease });
      return { revision: revisionIn(draft), item: itemOf([key, record], true) } as never;
    },
    'keys.compact': (draft, { revision }) => {
      const { revision: newest, oldest } = keysDataOf(draft);
      draft.demand(revision <= newest, 'futureRevision');
      draft.change<KeysData>('keys', { oldest: Math.max(oldest, revision) });
      return kept(draft);
    },
    'keys.limit': (draft, { setsMax }) => {
      draft.change<KeysData>('keys', { setsMax });
      trim(draft);
      return kept(draft);
    },
  },
  conditions: {
    'keys.version': numberIs('version'),
    'keys.createRevision': numberIs('createRevision'),
    'keys.modRevision': numberIs('modRevision'),
    'keys.lease': numberIs('lease'),
    'keys.value': (draft, { is, value, ...bounds }) =>
      holdsForAll(draft, bounds, record =>
        record === undefined ? is === '!=' : related<string>(record.value, is, value),
      ),
    'keys.token': (draft, { lock, token }) => isHeldUnder(draft, lock, token),
  },
  queries: {
    'keys.range': rangeAsTold,
    'keys.lock': (draft, query: Parameters<typeof lockAsTold>[1]) =>
      lockAsTold(keysDataOf(draft), query),
  },
  leaseEnded: (draft, lease) => {
    const gone = [...keysDataOf(draft).keys].filter(([, record]) => record.lease === lease);
    removeKeys(
      draft,
      gone.map(([key]) => key),
    );
    locksOfLeaseEnded(draft, lease);
  },
  passed: draft => {
    const { isTouched, revision } = keysDataOf(draft);
    if (!isTouched) return;
    draft.change<KeysData>('keys', { revision: revision + 1, isTouched: false });
    trim(draft);
  },
  operation: anyOperation,
  condition: anyCondition,
  question: anyQuestion,
};

/** What a range is now; of the past the chronicle knows. */
function rangeAsTold(draft: ModelDraft, { limit, withValues, countOnly, ...bounds }: RangeQuery) {
  const { keys, revision, oldest } = keysDataOf(draft);
  const rows = rowsIn(keys, bounds);
  const page = countOnly ? [] : rows.slice(0, limit);
  const next: Row | undefined = countOnly ? undefined : rows[limit];
  return {
    items: page.map(row => itemOf(row, withValues)),
    next: next?.[0],
    isMore: next !== undefined,
    count: rows.length,
    revision,
    oldest,
  };
}

const names = ['x0', 'x1', 'x2', 'x3', 'x4'] as const;
const locks = ['l0', 'l1'] as const;

export const anyName = (random: Random) => utf8BytesOf(random.pick(names));

/** One key, or those from one to another, or all of them. */
function anyBounds(random: Random) {
  const start = anyName(random);
  const ends = [`${start}\0`, `${start}\0`, anyName(random), 'y'] as const;
  return { start, end: utf8BytesOf(random.pick(ends)) };
}

function anyOperation(random: Random, known: Known): Operation {
  const chance = random.next();
  if (chance < 0.45) return anyPut(random, known);
  if (chance < 0.55) {
    return { op: 'keys.delete', ...anyBounds(random), wantsPrevious: random.chance(0.3) };
  }
  if (chance < 0.65) {
    const limit = random.below(4);
    return { op: 'keys.range', ...anyBounds(random), limit, withValues: random.chance(0.5) };
  }
  if (chance < 0.7) return { op: 'keys.add', key: utf8BytesOf('x9'), by: random.below(5) - 2 };
  const { revision } = keysDataOf(known.draft);
  if (chance < 0.73) return { op: 'keys.compact', revision: Math.floor(revision * random.next()) };
  return anyLockOperation(random, known);
}

/** A lease of its own, or one that others share, or none. */
function anyHold(random: Random, known: Known, canBeNone: boolean): Hold {
  const hasTime = known.ttlMs > 0;
  if (!hasTime || (canBeNone && random.chance(0.4))) return { ttlMs: undefined, lease: undefined };
  if (random.chance(0.3)) return { ttlMs: undefined, lease: Math.max(1, anyLease(random, known)) };
  return { ttlMs: Math.ceil(known.ttlMs * random.between(1, 2)), lease: undefined };
}

function anyPut(random: Random, known: Known): Operation {
  const value = utf8BytesOf(known.value);
  const wantsPrevious = random.chance(0.3);
  const hold = anyHold(random, known, true);
  return {
    op: 'keys.put',
    key: anyName(random),
    value,
    type: 'text/plain',
    ...hold,
    wantsPrevious,
  };
}

/** The token under which a lock is held, or another one. */
function anyToken(random: Random, { draft }: Known, lock: string): number {
  const held = keysDataOf(draft).locks.get(lock);
  return held !== undefined && random.chance(0.7) ? held.token : random.below(draft.token + 2);
}

function anyLockOperation(random: Random, known: Known): Operation {
  const lock = random.pick(locks);
  const { ttlMs, holder } = known;
  if (ttlMs === 0) return anyPut(random, known);
  if (random.chance(0.4)) {
    const hold = anyHold(random, known, false);
    return { op: 'keys.acquire', lock, holder, ...hold, waits: random.chance(0.6) };
  }
  const token = anyToken(random, known, lock);
  const line = keysDataOf(known.draft).lines.get(lock) ?? [];
  const { ticket } = line[random.below(line.length)] ?? { ticket: token };
  return random.pick<Operation>([
    { op: 'keys.renew', lock, token, ttlMs: Math.ceil(ttlMs * random.between(1, 2)) },
    { op: 'keys.release', lock, token },
    { op: 'keys.guard', lock, token },
    { op: 'keys.leave', lock, ticket },
  ]);
}

function anyCondition(random: Random, known: Known): Condition {
  const is = random.pick(['=', '!=', '<', '>'] as const);
  const bounds = anyBounds(random);
  const { revision } = keysDataOf(known.draft);
  const lock = random.pick(locks);
  return random.pick<Condition>([
    { on: 'keys.version', ...bounds, is, number: random.below(4) },
    { on: 'keys.createRevision', ...bounds, is, number: random.below(revision + 1) },
    { on: 'keys.modRevision', ...bounds, is, number: random.below(revision + 1) },
    { on: 'keys.lease', ...bounds, is, number: anyLease(random, known) },
    { on: 'keys.value', ...bounds, is, value: utf8BytesOf(known.value) },
    { on: 'keys.token', lock, token: anyToken(random, known, lock) },
  ]);
}

function anyQuestion(random: Random): Question {
  if (random.chance(0.3)) {
    return { name: 'keys.lock', query: { lock: random.pick(locks), limit: 1 + random.below(3) } };
  }
  const query = {
    ...anyBounds(random),
    ...{ limit: 1 + random.below(4), revision: 0, withValues: random.chance(0.5) },
    ...{ countOnly: random.chance(0.2), sort: 'key', isDescending: false },
    ...{ createdFrom: 0, createdThrough: 0, modifiedFrom: 0, modifiedThrough: 0 },
  };
  return { name: 'keys.range', query };
}
