import test from 'ava';
import { type ByteString, utf8BytesOf } from '../../src/codec/byte-string.ts';
import { encodeCommand } from '../../src/state-machines/command.ts';
import {
  keyAt,
  keysAt,
  livingKeys,
  lockAt,
  nextExpiryMs,
  recordAt,
  versionsAfter,
} from '../../src/state-machines/key-values.ts';
import {
  applyEntry,
  createReplicatedState,
  type ReplicatedState,
  type StateLimits,
  stateLimits,
} from '../../src/state-machines/replicated-state.ts';
import type { Answer, Result } from '../../src/state-machines/result.ts';
import type {
  Comparison,
  Operation,
  Relation,
  Transaction,
} from '../../src/state-machines/transaction.ts';

const key = utf8BytesOf;

/** A store under test, with a log that it is fed from. */
class Store {
  readonly state: ReplicatedState;
  #index = 0;
  #sequence = 0;
  term = 1;
  wallMs = 1_000_000;

  constructor(limits: Partial<StateLimits> = {}) {
    this.state = createReplicatedState({ ...stateLimits, ...limits });
    this.apply(encodeCommand({ kind: 'openSession', nonce: 'a' }));
  }

  apply(payload: Uint8Array): Result | undefined {
    this.#index += 1;
    const { term, wallMs } = this;
    return applyEntry(this.state, { index: this.#index, term, wallMs, kind: 'command', payload })
      ?.result;
  }

  transact(transaction: Partial<Transaction>, sequence = this.#sequence + 1): Result | undefined {
    this.#sequence = Math.max(this.#sequence, sequence);
    const frame = { session: 1, sequence, ackedBelow: 1 };
    const parts = { compare: [], success: [], failure: [], ...transaction };
    return this.apply(encodeCommand({ kind: 'transact', ...frame, ...parts }));
  }

  do(...success: Operation[]): readonly Answer[] {
    const result = this.transact({ success });
    if (result?.kind !== 'transacted') throw new Error(JSON.stringify(result));
    return result.answers;
  }

  tick(): void {
    this.apply(encodeCommand({ kind: 'tick' }));
  }

  value(name: string): string | undefined {
    return this.state.keyValues.contents.keys.get(key(name))?.value;
  }
}

const set = (name: string, value: string, ttlMs?: number): Operation => ({
  op: 'set',
  key: key(name),
  value: key(value),
  type: 'text/plain',
  ttlMs,
});

test('a key carries its version and its revisions, and begins anew after a deletion', t => {
  const store = new Store();
  t.like(store.do(set('a', '1')), [{ record: { version: 1, createRevision: 2, modRevision: 2 } }]);
  t.like(store.do(set('a', '2')), [{ record: { version: 2, createRevision: 2, modRevision: 3 } }]);
  t.deepEqual(store.do({ op: 'delete', key: key('a') }), [{ op: 'deleted', existed: true }]);
  t.deepEqual(store.do({ op: 'delete', key: key('a') }), [{ op: 'deleted', existed: false }]);
  t.like(store.do(set('a', '3')), [{ record: { version: 1, createRevision: 6, modRevision: 6 } }]);
});

test('all of a transaction happens or nothing of it', t => {
  const store = new Store();
  store.do(set('text', 'x'));
  const append = { op: 'append', batchId: 'b', count: 1, data: key('[{}]') } as const;
  const add = { op: 'add', key: key('text'), by: 1 } as const;
  const result = store.transact({ success: [set('a', '1'), append, add] });
  t.like(result, { kind: 'aborted', place: 2, reason: 'notANumber' });
  t.is(store.value('a'), undefined);
  t.is(store.state.journal.lastSeq, 0);
  t.like(store.do(set('a', '1'), append), [{ op: 'set' }, { placement: { first: 1, last: 1 } }]);
  t.is(store.value('a'), '1');
});

test('comparisons decide which branch is taken', t => {
  const store = new Store();
  store.do(set('a', '5'));
  const branch = (comparison: Comparison): boolean | undefined => {
    const result = store.transact({ compare: [comparison], success: [], failure: [] });
    return result?.kind === 'transacted' ? result.succeeded : undefined;
  };
  const a = key('a');
  const absent = key('b');
  t.true(branch({ what: 'version', key: a, is: '=', number: 1 }));
  t.true(branch({ what: 'modRevision', key: absent, is: '=', number: 0 }));
  t.true(branch({ what: 'value', key: a, is: '>', value: key('4') }));
  t.true(branch({ what: 'value', key: absent, is: '!=', value: key('') }));
  t.false(branch({ what: 'value', key: absent, is: '=', value: key('') }));
  t.false(branch({ what: 'createRevision', key: a, is: '<', number: 2 }));
});

test('an absent key has no value: it differs from every one, and is less or more than none', t => {
  const store = new Store();
  const holds = (is: Relation, value: string): boolean | undefined => {
    const comparison = { what: 'value', key: key('absent'), is, value: key(value) } as const;
    const result = store.transact({ compare: [comparison] });
    return result?.kind === 'transacted' ? result.succeeded : undefined;
  };
  for (const value of ['', 'a', '\u00ff']) {
    t.true(holds('!=', value));
    for (const is of ['=', '<', '>'] as const) t.false(holds(is, value), `${is} "${value}"`);
  }
});

test('a key that is counted up keeps its end', t => {
  const store = new Store();
  store.do(set('n', '1', 1000));
  store.wallMs += 400;
  t.like(store.do({ op: 'add', key: key('n'), by: 1 }), [{ value: '2', record: { version: 2 } }]);
  store.wallMs += 600;
  store.tick();
  t.is(store.value('n'), undefined);
  t.like(store.do({ op: 'add', key: key('n'), by: 5 }), [{ value: '5', record: { version: 1 } }]);
});

test('a retry gets the first answer and has no second effect', t => {
  const store = new Store();
  const add = { success: [{ op: 'add', key: key('n'), by: 7 } as const] };
  const first = store.transact(add, 5);
  t.deepEqual(store.transact(add, 5), first);
  t.is(store.value('n'), '7');
});

test('whole numbers of 64 bits are exact, and do not wrap', t => {
  const store = new Store();
  const largest = String(2n ** 63n - 1n);
  store.do(set('n', String(2n ** 63n - 2n)));
  store.do({ op: 'add', key: key('n'), by: 1 });
  t.is(store.value('n'), largest);
  const result = store.transact({ success: [{ op: 'add', key: key('n'), by: 1 }] });
  t.like(result, { kind: 'aborted', reason: 'outOfRange' });
  t.is(store.value('n'), largest);
});

test('a key expires by the clock of one leader, not by the difference of two', t => {
  const store = new Store();
  store.do(set('a', '1', 1000), set('b', '2'));
  store.wallMs += 999;
  store.tick();
  t.is(store.value('a'), '1');
  // The next leader's clock is an hour ahead.
  store.term = 2;
  store.wallMs += 3_600_000;
  store.tick();
  t.is(store.value('a'), '1');
  store.wallMs += 1;
  store.tick();
  t.is(store.value('a'), undefined);
  t.is(store.value('b'), '2');
  t.is(nextExpiryMs(store.state.keyValues.contents), undefined);
});

test('what is due has expired before a command sees it', t => {
  const store = new Store();
  store.do(set('a', '1', 1000));
  store.wallMs += 1000;
  t.like(store.do(set('a', '2')), [{ record: { version: 1 } }]);
  const [, latest] = versionsAfter(store.state.keyValues, 1, 10) ?? [];
  t.like(latest?.changes, [{ key: key('a'), before: { value: '1' }, after: { value: '2' } }]);
});

test('what is due goes in pieces, and nobody sees what is past its end and still there', t => {
  const store = new Store({ expiredPerEntryMax: 2 });
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) store.do(set(name, name, 1000));
  const acquire = { op: 'acquire', lock: 'l', holder: 'x', ttlMs: 1000 } as const;
  store.do(acquire);
  const before = store.state.appliedIndex;
  store.wallMs += 1000;
  store.tick();
  const { keyValues, clock } = store.state;
  t.is(keyValues.contents.keys.size, 3);
  for (const name of names) {
    t.is(keyAt(keyValues.contents, key(name), clock.nowMs), undefined, name);
    t.is(recordAt(keyValues, key(name), before + 1), undefined, name);
    t.is(recordAt(keyValues, key(name), before)?.value, key(name));
  }
  t.is(lockAt(keyValues.contents, 'l', clock.nowMs), undefined);
  t.deepEqual([...livingKeys(keyValues.contents.keys, '', clock.nowMs)], []);
  // A command finds none of them either, before their turn has come.
  const compare = [{ what: 'version', key: key('e'), is: '=', number: 0 } as const];
  const success = [
    { op: 'get', key: key('e') } as const,
    { op: 'delete', key: key('e') } as const,
    set('e', 'new'),
    { ...acquire, holder: 'y' } as const,
  ];
  const result = store.transact({ compare, success });
  t.like(result, { succeeded: true, revision: before + 2 });
  t.like(result?.kind === 'transacted' ? result.answers : [], [
    { op: 'got', value: undefined },
    { existed: false },
    { record: { version: 1, createRevision: before + 2 } },
    { op: 'locked', token: before + 2 },
  ]);
  t.is(keyValues.contents.keys.size, 1);
  t.is(nextExpiryMs(keyValues.contents), clock.nowMs + 1000);
  const told = versionsAfter(keyValues, before, 10)?.map(({ changes }) =>
    changes.map(({ key: name, after }) => `${name}=${after?.value ?? ''}`),
  );
  t.deepEqual(told, [
    ['a=', 'b='],
    ['c=', 'd=', 'e=new'],
  ]);
});

test('a holder that repeats its acquire never shortens its lock', t => {
  const store = new Store();
  const acquire = (ttlMs: number): Operation => ({
    op: 'acquire',
    lock: 'l',
    holder: 'x',
    ttlMs,
  });
  const [first] = store.do(acquire(1000));
  store.wallMs += 100;
  t.like(store.do(acquire(50)), [{ ...first, ttlMs: 900 }]);
  store.wallMs += 899;
  t.like(store.transact({ success: [{ ...acquire(5), holder: 'y' } as Operation] }), {
    reason: 'lockHeld',
  });
  t.like(store.do(acquire(50)), [{ ...first, ttlMs: 50 }]);
});

test('a lock has one holder, and tokens only grow', t => {
  const store = new Store();
  const acquire = (holder: string): Operation => ({
    op: 'acquire',
    lock: 'l',
    holder,
    ttlMs: 1000,
  });
  const tokenOf = (answers: readonly Answer[]): number =>
    answers[0]?.op === 'locked' ? answers[0].token : -1;
  const first = tokenOf(store.do(acquire('x')));
  t.is(tokenOf(store.do(acquire('x'))), first);
  t.like(store.transact({ success: [acquire('y')] }), { kind: 'aborted', reason: 'lockHeld' });
  store.wallMs += 1000;
  const second = tokenOf(store.do(acquire('y')));
  t.true(second > first);
  const guarded = (token: number): Partial<Transaction> => ({
    compare: [{ what: 'token', lock: 'l', token }],
    success: [set('a', String(token))],
  });
  t.like(store.transact(guarded(first)), { succeeded: false });
  t.like(store.transact(guarded(second)), { succeeded: true });
  const stale = store.transact({ success: [{ op: 'release', lock: 'l', token: first }] });
  t.like(stale, { kind: 'aborted', reason: 'staleToken' });
  store.do({ op: 'release', lock: 'l', token: second });
  t.like(store.transact(guarded(second)), { succeeded: false });
});

test('the past can be read as far as it is kept', t => {
  const history = { versionsMax: 10, changesMax: 1000, bytesMax: 1_000_000 };
  const store = new Store({ history });
  for (let count = 1; count <= 30; count += 1) store.do(set('a', String(count)));
  const { keyValues } = store.state;
  const oldest = keyValues.oldestRevision;
  t.true(oldest > 1 && oldest < 31);
  for (let revision = oldest; revision <= 31; revision += 1) {
    const value = key(String(revision - 1));
    t.is(keysAt(keyValues, revision).get(key('a'))?.value, value);
    t.is(recordAt(keyValues, key('a'), revision)?.value, value);
  }
  t.is(versionsAfter(keyValues, oldest - 1, 100), undefined);
  const revisions = versionsAfter(keyValues, oldest, 100)?.map(({ revision }) => revision);
  t.deepEqual(revisions?.[0], oldest + 1);
  t.is(revisions?.at(-1), 31);
});

test('bytes are kept as they are', t => {
  const store = new Store();
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  const all = bytes as ByteString;
  store.do({ op: 'set', key: all, value: all, type: 'application/octet-stream', ttlMs: undefined });
  t.is(store.state.keyValues.contents.keys.get(all)?.value, all);
});
