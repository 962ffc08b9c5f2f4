import assert from 'node:assert/strict';
import type { ByteString } from '../../src/codec/byte-string.ts';
import type { Draft } from '../../src/machines/draft.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { leases } from '../../src/machines/leases/leases.ts';
import { lockNames } from './key-plans.ts';
import { itemOf, type NaiveKeys, rowsOf } from './naive-keys.ts';
import { blindView, plainQuery, type Stage } from './stage.ts';

type Bounds = { readonly start: ByteString; readonly end: ByteString };

export const plain = { ...plainQuery, limit: 1000 };

/** Everything that can be read of the keys, at every revision that is kept, is as it must be. */
export function checkReads(stage: Stage, naive: NaiveKeys, bounds: Bounds): void {
  const { revision: newest, oldest } = naive.data;
  for (let revision = Math.max(oldest, 1); revision <= newest; revision += 1) {
    const rows = rowsOf(naive.past.get(revision) ?? new Map(), bounds);
    const page = keys.queries.range.answer?.(
      stage.keys,
      { ...plain, ...bounds, revision },
      blindView,
    );
    const items = rows.map(([key, record]) => itemOf(key, record, true));
    assert.deepEqual(page?.items, items, `at revision ${revision}`);
    assert.equal(page?.count, rows.length, `count at revision ${revision}`);
  }
  checkSorts(stage, naive, bounds);
}

const sorts = ['key', 'version', 'createRevision', 'modRevision', 'value'] as const;

function checkSorts(stage: Stage, naive: NaiveKeys, bounds: Bounds): void {
  const rows = rowsOf(naive.data.keys, bounds).map(([key, record]) => itemOf(key, record, true));
  const half = Math.ceil(naive.data.revision / 2);
  for (const sort of sorts) {
    for (const isDescending of [false, true]) {
      const wanted = { ...plain, ...bounds, sort, isDescending, modifiedFrom: half, limit: 3 };
      const page = keys.queries.range.answer?.(stage.keys, wanted, blindView);
      const sign = isDescending ? -1 : 1;
      const expected = rows
        .filter(({ modRevision }) => modRevision >= half)
        .sort((a, b) => sign * compared(a[sort], b[sort]));
      assert.deepEqual(page?.items, expected.slice(0, 3), `${sort} ${isDescending}`);
      assert.equal(page?.count, rows.length);
      assert.equal(page?.isMore, expected.length > 3);
    }
  }
}

const compared = (a: string | number = '', b: string | number = ''): number =>
  a === b ? 0 : a < b ? -1 : 1;

/** What a watcher is told from a place on, whatever fits into one message. */
export function checkChanges(
  stage: Stage,
  naive: NaiveKeys,
  bounds: Bounds,
  wants: { readonly puts: boolean; readonly deletes: boolean; readonly withPrevious: boolean },
): void {
  const { oldest } = naive.data;
  const told: object[] = [];
  let place = oldest;
  while (place < keys.changes.place(stage.keys)) {
    const from = { place, maxBytes: 3 };
    const { changes, through } = keys.changes.after(
      stage.keys,
      from,
      { ...bounds, ...wants },
      blindView,
    );
    assert.ok(through > place);
    told.push(...changes);
    place = through;
  }
  const isWanted = ({ key, after }: { key: string; after?: object }): boolean =>
    key >= bounds.start &&
    (bounds.end === '' || key < bounds.end) &&
    (after === undefined ? wants.deletes : wants.puts);
  const expected = naive.changes
    .filter(change => change.revision > oldest && isWanted(change))
    .map(({ key, revision, before, after }) => ({
      key,
      revision,
      item: after && itemOf(key, after, true),
      previous: wants.withPrevious && before ? itemOf(key, before, true) : undefined,
    }));
  assert.deepEqual(told, expected);
}

/** Leases, locks, and who waits. */
export function checkLocks(stage: Stage, naive: NaiveKeys): void {
  const { data } = naive;
  const granted = leases.queries.list.answer?.(stage.leases, { start: 0, limit: 1000 }, blindView);
  const known = [...data.leases].map(([lease, { ttlMs, isPrivate }]) => ({
    lease,
    ttlMs,
    isPrivate,
    remainingMs: undefined,
  }));
  assert.deepEqual(granted?.leases, known);
  for (const name of lockNames) {
    const { found, waiters } =
      keys.queries.lock.answer?.(stage.keys, { lock: name, limit: 100 }, blindView) ?? {};
    const held = data.locks.get(name);
    assert.deepEqual(
      found && { holder: found.holder, token: found.token, lease: found.lease },
      held && { holder: held.holder, token: held.token, lease: held.lease },
    );
    const line = data.lines.get(name) ?? [];
    assert.equal(found?.waiting ?? 0, line.length);
    assert.deepEqual(
      waiters?.map(({ holder, ticket, lease }) => ({ holder, ticket, lease })),
      line.map(({ holder, ticket, lease }) => ({ holder, ticket, lease })),
    );
  }
  for (const lease of data.leases.keys()) checkAttached(stage, naive, lease);
  assert.equal(keys.figures(stage.keys).locks, data.locks.size);
  assert.equal(keys.figures(stage.keys).keys, data.keys.size);
}

function checkAttached(stage: Stage, { data }: NaiveKeys, lease: number): void {
  const query = { lease, start: '' as ByteString, limit: 100 };
  const attached = keys.queries.attached.answer?.(stage.keys, query, blindView);
  const hanging = [...data.keys].filter(([, key]) => key.lease === lease).map(([key]) => key);
  const locks = [...data.locks].filter(([, lock]) => lock.lease === lease).map(([name]) => name);
  const waiting = [...data.lines.values()].flat().filter(waiter => waiter.lease === lease);
  assert.deepEqual(attached?.keys, hanging.sort(compared));
  assert.deepEqual(attached?.locks, locks.sort(compared));
  assert.equal(attached?.count, hanging.length + locks.length + waiting.length);
}

/** Compacts to a share of what is kept, or says how much is to be kept. */
export function forget(
  stage: Stage,
  naive: NaiveKeys,
  how: { readonly share?: number; readonly setsMax?: number },
): void {
  const { operations } = keys;
  const { data } = naive;
  if (how.share !== undefined) {
    const revision = Math.floor(how.share * data.revision);
    stage.do((draft: Draft) => operations.compact.apply(draft, { revision }));
    data.oldest = Math.max(data.oldest, revision);
  } else {
    const limits = { setsMax: how.setsMax ?? 1, bytesMax: 1_000_000, ageMs: 0 };
    stage.do((draft: Draft) => operations.limit.apply(draft, limits));
  }
  followOldest(stage, naive);
}

/** What is kept by number only the machine knows; but it is about as much as it was told. */
export function followOldest(stage: Stage, { data }: NaiveKeys): void {
  const { history, limits } = stage.keys;
  const oldest = history.sets.first - 1;
  assert.ok(oldest >= data.oldest && oldest <= data.revision);
  assert.ok(history.sets.length <= Math.max(1, limits.setsMax));
  data.oldest = oldest;
}
