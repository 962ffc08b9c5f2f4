import test from 'ava';
import fc from 'fast-check';
import { byteStringOf, utf8BytesOf } from '../../../src/codec/byte-string.ts';
import { restoredCommand, UnreadableLine } from '../../../src/machines/frame/command-lines.ts';
import { commandTexts } from '../../../src/machines/frame/command-text.ts';
import type { Operation } from '../../../src/machines/machines.ts';
import type { Transaction } from '../../../src/machines/transaction.ts';
import { acquire, append } from './log-on.ts';

const key = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 20 }).map(utf8BytesOf),
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map(byteStringOf),
  )
  .filter(bytes => !bytes.startsWith('\0'));
const value = fc.uint8Array({ maxLength: 50 }).map(byteStringOf);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constant('keys.put' as const),
    key,
    value: fc.oneof(value, fc.string().map(utf8BytesOf)),
    type: fc.constantFrom('text/plain', 'application/json; charset="x"'),
    ttlMs: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
    lease: fc.constant(undefined),
    wantsPrevious: fc.constant(false),
  }),
  key.map(one => ({
    op: 'keys.delete' as const,
    start: one,
    end: `${one}\0` as typeof one,
    wantsPrevious: false,
  })),
  fc.record({
    op: fc.constant('keys.delete' as const),
    start: key,
    end: key,
    wantsPrevious: fc.constant(false),
  }),
  fc.record({ op: fc.constant('keys.add' as const), key, by: fc.integer() }),
);
const lineOf = (transaction: Transaction): string => {
  const item = { sequence: 1, idempotency: undefined, transaction };
  const command = { type: 'transact', session: 1, ackedBelow: 1, items: [item] } as const;
  const [line] = commandTexts(command);
  return `${line} 7`;
};
const only = (...success: Operation[]): Transaction => ({ compare: [], success, failure: [] });

test('a line of the record says all that the operation was, in one line', t => {
  const property = fc.property(fc.array(operation, { minLength: 1, maxLength: 3 }), operations => {
    const line = lineOf(only(...operations));
    t.notRegex(line, /[\n\r]/);
    const restored = restoredCommand(line);
    if (restored?.type !== 'transact') t.fail(line);
    else t.deepEqual(restored.transaction, only(...operations), line);
  });
  fc.assert(property);
});

test('objects that were put come back as the same bytes', t => {
  const property = fc.property(fc.json(), text => {
    const data = Buffer.from(`[{"a":${text}}]`);
    const put = { op: 'journal.append', batchId: 'b', count: 1, data } as const;
    const restored = restoredCommand(lineOf(only(put)));
    if (restored?.type !== 'putAll') t.fail(text);
    else t.is(Buffer.from(restored.data).toString(), data.toString());
    // In a transaction with others too, numbers keep all their digits.
    const among = restoredCommand(lineOf(only(put, append('c'))));
    if (among?.type !== 'transact') return t.fail(text);
    const [first] = among.transaction.success;
    if (first?.op !== 'journal.append') return t.fail(text);
    t.is(Buffer.from(first.data).toString(), data.toString());
  });
  fc.assert(property);
});

test('every transaction that shares an entry has a line', t => {
  const items = [only(append('a')), only(acquire('l', 'x')), only()].map(
    (transaction, sequence) => ({
      ...{ sequence, idempotency: undefined },
      transaction,
    }),
  );
  const lines = commandTexts({ type: 'transact', session: 1, ackedBelow: 1, items });
  t.is(lines.length, 3);
  t.is(lines[0], 'PUT_ALL [{}]');
  t.regex(lines[1] ?? '', /^ACQUIRE l x/);
  t.regex(lines[2] ?? '', /^TXN /);
  t.deepEqual(commandTexts({ type: 'raiseLevel', level: 2 }), ['LEVEL 2']);
  t.deepEqual(commandTexts({ type: 'openSession', nonce: 'n' }), ['SESSION']);
  const tick = { type: 'tick', idempotencyMaxBytes: 1, operations: [append('a')] } as const;
  t.deepEqual(commandTexts(tick), ['TICK', 'PUT_ALL [{}]']);
});

test('what shares an entry with the line before it is read like any other', t => {
  t.deepEqual(restoredCommand('& INCR a 1 7'), restoredCommand('INCR a 1 7'));
});

test('what nobody has to restore is left out, and what nobody wrote is refused', t => {
  for (const line of [
    'NO-OP 1',
    'SESSION 1',
    'LEVEL 2 1',
    'TICK 1',
    'REPEATED INCR a 1 2',
    'REFUSED INCR a 1 2',
    'ACQUIRE l x 100 1',
    'GRANT 5 1',
  ]) {
    t.is(restoredCommand(line), undefined, line);
  }
  for (const line of [
    'SET a b',
    'FLY a 1',
    'SET a "b 1',
    'INCR a x 1',
    'TXN {} 1',
    'TXN [] 1',
    'TXN null 1',
    'TXN "{" 1',
    'SET 1',
  ]) {
    t.throws(() => restoredCommand(line), { instanceOf: UnreadableLine }, line);
  }
});
