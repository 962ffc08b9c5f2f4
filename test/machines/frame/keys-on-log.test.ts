import test from 'ava';
import { byteStringOf, endOfKey, utf8BytesOf } from '../../../src/codec/byte-string.ts';
import type { Condition } from '../../../src/machines/machines.ts';
import { acquire, add, LogOn, put } from './log-on.ts';

const opened = (): LogOn => {
  const log = new LogOn();
  log.open();
  return log;
};
const only = (key: string) => ({ start: utf8BytesOf(key), end: endOfKey(utf8BytesOf(key)) });

test('conditions of several kinds decide which branch is taken', t => {
  const log = opened();
  log.do(put('a', '5'));
  const branch = (condition: Condition): boolean | undefined => {
    const result = log.transact({ compare: [condition] });
    return result.type === 'done' ? result.succeeded : undefined;
  };
  const value = (key: string, is: '=' | '!=' | '<' | '>', text: string) =>
    branch({ on: 'keys.value', ...only(key), is, value: utf8BytesOf(text) });
  t.true(branch({ on: 'keys.version', ...only('a'), is: '=', number: 1 }));
  t.true(branch({ on: 'keys.modRevision', ...only('absent'), is: '=', number: 0 }));
  t.false(branch({ on: 'keys.createRevision', ...only('a'), is: '<', number: 1 }));
  t.true(value('a', '>', '4'));
  for (const text of ['', 'a', '\u00ff']) {
    t.true(value('absent', '!=', text));
    for (const is of ['=', '<', '>'] as const) t.false(value('absent', is, text), `${is} ${text}`);
  }
});

test('the branch that is not taken has no effect', t => {
  const log = opened();
  const compare = [{ on: 'keys.version', ...only('a'), is: '=', number: 1 } as const];
  const result = log.transact({ compare, success: [put('b', '1')], failure: [put('a', '1')] });
  t.like(result, { type: 'done', succeeded: false });
  t.is(log.value('b'), undefined);
  t.is(log.value('a'), '1');
});

test('a key that is counted up keeps its lease', t => {
  const log = opened();
  log.do({ op: 'leases.grant', ttlMs: 1000 }, { ...put('n', '1'), lease: 1 } as never);
  t.like(log.do(add('n', 1)), [{ item: { value: '2', version: 2, lease: 1 } }]);
  log.do({ op: 'leases.revoke', leases: [1] });
  t.like(log.do(add('n', 5)), [{ item: { value: '5', version: 1, lease: undefined } }]);
});

test('a holder that repeats its acquire never shortens its lock, and keeps its token', t => {
  const log = opened();
  const [first] = log.do(acquire('l', 'x', 1000));
  t.like(log.do(acquire('l', 'x', 50)), [{ ...first, ttlMs: 1000 }]);
  t.like(log.transact({ success: [acquire('l', 'y')] }), { reason: 'lockHeld' });
});

test('bytes are kept as they are', t => {
  const log = opened();
  const all = byteStringOf(Uint8Array.from({ length: 256 }, (_, byte) => (byte + 1) % 256));
  log.do({ ...put('', ''), key: all, value: all } as never);
  log.restart();
  t.is(log.keys.keys.get(all)?.value, all);
});
