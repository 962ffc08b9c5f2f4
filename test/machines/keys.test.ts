import test, { type ExecutionContext } from 'ava';
import { type ByteString, endOfKey, utf8BytesOf } from '../../src/codec/byte-string.ts';
import type { ValuesOf } from '../../src/codec/shape.ts';
import type { Draft } from '../../src/machines/draft.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { leases } from '../../src/machines/leases/leases.ts';
import { QueryRefused } from '../../src/machines/machine.ts';
import { blindView, plainQuery, Stage } from './stage.ts';

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

const plain = { ...plainQuery, limit: 100 };
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

test('what is compacted is forgotten, and nothing of what is not', t => {
  const stage = new Stage();
  stage.do(draft => put(draft, 'a', '1'));
  stage.do(draft => remove(draft, only('a')));
  stage.do(draft => put(draft, 'a', '2'));
  stage.do(draft => remove(draft, only('a')));
  stage.do(draft => operations.compact.apply(draft, { revision: 2 }));
  t.is(text(stage, all, { revision: 2 }), '');
  t.is(text(stage, all, { revision: 3 }), 'a=2');
  t.is(read(stage, all, { revision: 3 })?.count, 1);
  t.is(
    stage.run(draft => operations.compact.apply(draft, { revision: 5 })),
    'futureRevision',
  );
});

test('a watcher is told of what is kept, and who comes too late is told so', t => {
  const stage = new Stage();
  for (const value of ['1', '2', '3']) stage.do(draft => put(draft, 'a', value));
  stage.do(draft => operations.compact.apply(draft, { revision: 1 }));
  const wants = { ...all, puts: true, deletes: true, withPrevious: true };
  const after = (place: number, maxBytes: number) =>
    keys.changes.after(stage.keys, { place, maxBytes }, wants, blindView);
  t.is(
    refusal(t, () => after(0, 1)),
    'forgotten',
  );
  t.like(after(1, 1), { through: 2 });
  t.like(after(1, 1000).changes, [
    { revision: 2, item: { value: key('2') }, previous: { value: key('1') } },
    { revision: 3, item: { value: key('3') }, previous: { value: key('2') } },
  ]);
  t.deepEqual(after(7, 1), { changes: [], through: 7 });
});

test('the past is forgotten by its age, where there is a limit to it', t => {
  const stage = new Stage();
  stage.do(draft => operations.limit.apply(draft, { setsMax: 9, bytesMax: 9999, ageMs: 100 }));
  stage.nowMs = 10;
  stage.do(draft => put(draft, 'a', '1'));
  stage.nowMs = 50;
  stage.do(draft => put(draft, 'a', '2'));
  t.is(keys.due.nextMs(stage.keys), 135);
  stage.nowMs = 135;
  t.is(
    stage.run(draft => keys.due.end(draft)),
    1,
  );
  t.is(read(stage)?.oldest, 1);
  t.is(keys.due.nextMs(stage.keys), 175);
  t.is(text(stage, all, { revision: 1 }), 'a=1');
});

test('a cluster that was restored begins beyond the floor, without a past', t => {
  const stage = new Stage();
  stage.do(draft => put(draft, 'a', '1'));
  stage.do(draft => [put(draft, 'a', '2'), put(draft, 'b', '1')]);
  const state = keys.raised(stage.keys, 1000);
  stage.states = { ...stage.states, keys: state };
  t.like(read(stage), { revision: 1000, oldest: 1000, count: 2 });
  t.like(stage.do(draft => put(draft, 'a', '3')).item, { version: 3, modRevision: 1001 });
  t.is(text(stage, only('a'), { revision: 1000 }), 'a=2');
  t.is(
    refusal(t, () => read(stage, all, { revision: 999 })),
    'forgotten',
  );
});

test('a transaction returns no more than can be remembered', t => {
  const stage = new Stage();
  stage.do(draft => put(draft, 'a', 'x'.repeat(64 * 1024)));
  stage.do(draft => put(draft, 'b', 'x'));
  const range = { withValues: true, limit: 10 };
  const get = (bounds: typeof all) =>
    stage.run(draft => operations.range.apply(draft, { ...bounds, ...range }));
  t.not(get(only('a')), 'answerTooLarge');
  t.is(get(all), 'answerTooLarge');
});

test('operations are lines as they are typed, and what is no text stands there in base64', t => {
  const odd = '\u00ff' as ByteString;
  const line = (name: ByteString, value: ByteString, more: Partial<Put> = {}) =>
    operations.put.text({
      key: name,
      value,
      type: 'text/plain',
      ttlMs: undefined,
      lease: undefined,
      wantsPrevious: false,
      ...more,
    });
  t.is(line(key('name 1'), key('ä'), { ttlMs: 5 }), 'SET "name 1" ä TTL 5');
  t.is(
    line(key('a'), odd, { type: 'image/png', lease: 7 }),
    'SET_BASE64 a /w== TYPE image/png LEASE 7',
  );
  t.is(line(odd, key('1')), 'SET_RAW /w== MQ==');
  t.is(operations.delete.text({ ...only('a'), wantsPrevious: false }), 'DEL a');
  t.is(operations.delete.text({ ...all, wantsPrevious: false }), 'DEL_RANGE "" ""');
  t.is(operations.add.text({ key: key('n'), by: -3 }), 'INCR n -3');
});

test('a transaction that would look through too many keys is refused', t => {
  const stage = new Stage();
  for (let part = 0; part < 11; part += 1) {
    stage.do(draft => {
      for (let place = 0; place < 10_000; place += 1) put(draft, `${part}-${place}`, '');
      return {};
    });
  }
  t.is(
    stage.run(draft => remove(draft, all)),
    'rangeTooLarge',
  );
  const all2 = { ...all, is: '>' as const, number: 0 };
  t.is(
    stage.run(draft => conditions.version.holds(draft, all2)),
    'rangeTooLarge',
  );
  t.like(
    stage.do(draft => remove(draft, { start: key('1'), end: key('2') })),
    { deleted: 20_000 },
  );
  t.is(read(stage, all, { countOnly: true })?.count, 90_000);
});
