import test, { type ExecutionContext } from 'ava';
import { type ByteString, endOfKey, utf8BytesOf } from '../../src/codec/byte-string.ts';
import type { ValuesOf } from '../../src/codec/shape.ts';
import type { Draft } from '../../src/machines/draft.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { leases } from '../../src/machines/leases/leases.ts';
import { QueryRefused } from '../../src/machines/machine.ts';
import { blindView, Stage } from './stage.ts';

const { operations, conditions, queries } = keys;
const key = utf8BytesOf;

type Put = ValuesOf<typeof operations.put.takes>;
const put = (draft: Draft, name: string, value: string, more: Partial<Put> = {}) =>
  operations.put.apply(draft, {
    key: key(name),
    value: key(value),
    type: 'text/plain',
    ttlMs: undefined,
    lease: undefined,
    wantsPrevious: false,
    ...more,
  });
const only = (name: string) => ({ start: key(name), end: endOfKey(key(name)) });
const all = { start: '' as ByteString, end: '' as ByteString };
const remove = (draft: Draft, range: typeof all, wantsPrevious = false) =>
  operations.delete.apply(draft, { ...range, wantsPrevious });
const add = (draft: Draft, name: string, by: number) =>
  operations.add.apply(draft, { key: key(name), by });

const plain = {
  limit: 100,
  revision: 0,
  withValues: true,
  countOnly: false,
  sort: 'key',
  isDescending: false,
  createdFrom: 0,
  createdThrough: 0,
  modifiedFrom: 0,
  modifiedThrough: 0,
} as const;
type Wanted = ValuesOf<typeof queries.range.takes>;
const read = (stage: Stage, range = all, more: Partial<Wanted> = {}) =>
  queries.range.answer?.(stage.keys, { ...range, ...plain, ...more }, blindView);
const text = (stage: Stage, range = all, more: Partial<Wanted> = {}): string =>
  read(stage, range, more)
    ?.items.map(item => `${item.key}=${item.value}`)
    .join() ?? '';

const refusal = (t: ExecutionContext, run: () => void): string | undefined =>
  t.throws(run, { instanceOf: QueryRefused })?.reason;

test('a revision is a change set: they count from 1 without gap', t => {
  const stage = new Stage();
  t.is(stage.do(draft => put(draft, 'a', '1')).revision, 1);
  stage.do(draft => operations.range.apply(draft, { ...all, limit: 1, withValues: true }));
  t.is(stage.do(draft => remove(draft, only('absent'))).revision, 1);
  stage.do(draft => {
    put(draft, 'b', '2');
    return put(draft, 'c', '3');
  });
  t.is(stage.do(draft => put(draft, 'd', '4')).revision, 3);
  const aborted = (draft: Draft) => [put(draft, 'e', 'x'), add(draft, 'e', 1)];
  t.is(stage.run(aborted), 'notANumber');
  t.is(read(stage)?.revision, 3);
});

test('a key carries its versions and its revisions, and begins anew after a deletion', t => {
  const stage = new Stage();
  const put1 = (value: string) => stage.do(draft => put(draft, 'a', value)).item;
  t.like(put1('1'), { version: 1, createRevision: 1, modRevision: 1, bytes: 1 });
  t.like(put1('2'), { version: 2, createRevision: 1, modRevision: 2 });
  t.like(
    stage.do(draft => remove(draft, only('a'), true)),
    { deleted: 1, previous: [{ value: key('2') }] },
  );
  t.like(
    stage.do(draft => remove(draft, only('a'))),
    { deleted: 0, previous: [] },
  );
  t.like(put1('3'), { version: 1, createRevision: 4, modRevision: 4 });
});

test('every revision can be read until it is compacted', t => {
  const stage = new Stage();
  stage.do(draft => put(draft, 'a', '1'));
  stage.do(draft => put(draft, 'b', '1'));
  stage.do(draft => put(draft, 'a', '2'));
  stage.do(draft => remove(draft, only('a')));
  stage.do(draft => put(draft, 'a', '3'));
  const shown = ['', 'a=1', 'a=1,b=1', 'a=2,b=1', 'b=1', 'a=3,b=1'];
  for (const [revision, expected] of shown.entries()) {
    if (revision > 0) t.is(text(stage, all, { revision }), expected);
    if (revision > 0) t.is(read(stage, all, { revision })?.count, expected.split(',').length);
  }
  t.is(
    refusal(t, () => read(stage, all, { revision: 6 })),
    'future',
  );
  stage.do(draft => operations.compact.apply(draft, { revision: 4 }));
  t.is(
    refusal(t, () => read(stage, all, { revision: 3 })),
    'forgotten',
  );
  t.is(text(stage, all, { revision: 4 }), 'b=1');
  t.is(text(stage), 'a=3,b=1');
  t.is(stage.keys.deleted.size, 0);
});

test('a comparison holds for all keys of a range, and for none as for a key that is absent', t => {
  const stage = new Stage();
  stage.do(draft => [put(draft, 'a', '5'), put(draft, 'b', '6')]);
  const holds = <Takes>(
    rule: { holds(draft: Draft, condition: Takes): boolean },
    condition: Takes,
  ): boolean => stage.run(draft => rule.holds(draft, condition)) === true;
  const { value, version, modRevision } = conditions;
  t.true(holds(value, { ...all, is: '>', value: key('4') }));
  t.false(holds(value, { ...all, is: '>', value: key('5') }));
  t.true(holds(version, { ...all, is: '=', number: 1 }));
  t.true(holds(modRevision, { ...only('c'), is: '=', number: 0 }));
  t.true(holds(value, { ...only('c'), is: '!=', value: key('') }));
  for (const is of ['=', '<', '>'] as const) {
    t.false(holds(value, { ...only('c'), is, value: key('') }));
  }
});

test('whole numbers of 64 bits are exact, and do not wrap', t => {
  const stage = new Stage();
  const largest = String(2n ** 63n - 1n);
  stage.do(draft => put(draft, 'n', String(2n ** 63n - 2n)));
  t.is(stage.do(draft => add(draft, 'n', 1)).item.value, key(largest));
  t.is(
    stage.run(draft => add(draft, 'n', 1)),
    'outOfRange',
  );
  stage.do(draft => put(draft, 'text', 'x'));
  t.is(
    stage.run(draft => add(draft, 'text', 1)),
    'notANumber',
  );
  t.is(text(stage, only('n')), `n=${largest}`);
});

test('a key with a time to live has a lease of its own, which ends with it', t => {
  const stage = new Stage();
  const first = stage.do(draft => put(draft, 'a', '1', { ttlMs: 1000 })).item.lease;
  t.is(stage.do(draft => put(draft, 'a', '2', { ttlMs: 50 })).item.lease, first);
  t.is(stage.do(draft => add(draft, 'a', 1)).item.lease, first);
  t.is(stage.leases.granted.size, 1);
  t.is(stage.do(draft => put(draft, 'a', '4')).item.lease, undefined);
  t.is(stage.leases.granted.size, 0);
  const { lease = 0 } = stage.do(draft => put(draft, 'a', '5', { ttlMs: 1 })).item;
  t.is(
    stage.run(draft => put(draft, 'b', '1', { lease })),
    'leaseIsPrivate',
  );
  stage.do(draft => remove(draft, all));
  t.is(stage.leases.granted.size, 0);
});

test('all keys of a lease go with it, in one revision', t => {
  const stage = new Stage();
  const { lease } = stage.do(draft => leases.operations.grant.apply(draft, { ttlMs: 1000 }));
  for (const name of ['a', 'b', 'c']) stage.do(draft => put(draft, name, '1', { lease }));
  stage.do(draft => put(draft, 'b', '2'));
  const { ended } = stage.do(draft => leases.operations.revoke.apply(draft, { leases: [lease] }));
  t.is(ended, 1);
  t.is(text(stage), 'b=2');
  t.is(read(stage)?.revision, 5);
  t.is(
    stage.run(draft => put(draft, 'a', '1', { lease })),
    'leaseNotFound',
  );
});

test('the keys of the cluster itself are neither seen nor touched', t => {
  const stage = new Stage();
  t.is(
    stage.run(draft => put(draft, '\0lock\0x', '1')),
    'reservedKey',
  );
  t.is(
    stage.run(draft => remove(draft, { ...all, start: key('\0') })),
    'reservedKey',
  );
});
