import test from 'ava';
import fc from 'fast-check';
import { byteStringOf, utf8BytesOf } from '../../src/codec/byte-string.ts';
import { restoredCommand, UnreadableLine } from '../../src/state-machines/command-lines.ts';
import { commandText } from '../../src/state-machines/command-text.ts';
import type { Operation } from '../../src/state-machines/transaction.ts';

const key = fc.string({ minLength: 1, maxLength: 20 }).map(utf8BytesOf);
const value = fc.uint8Array({ maxLength: 50 }).map(byteStringOf);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constant('set' as const),
    key,
    value: fc.oneof(value, fc.string().map(utf8BytesOf)),
    type: fc.constantFrom('text/plain', 'application/json; charset="x"'),
    ttlMs: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
  }),
  fc.record({ op: fc.constant('delete' as const), key }),
  fc.record({ op: fc.constant('add' as const), key, by: fc.integer() }),
);
const frame = { session: 1, sequence: 1, ackedBelow: 1 };
const plain = (operations: readonly Operation[]): object =>
  JSON.parse(JSON.stringify({ compare: [], success: operations, failure: [] }));

test('a line of the record says all that the operation was, in one line', t => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 3 }), operations => {
      const transaction = { compare: [], success: operations, failure: [] };
      const line = `${commandText({ kind: 'transact', ...frame, ...transaction })} 7`;
      t.notRegex(line, /[\n\r]/);
      const restored = restoredCommand(line);
      if (restored?.kind !== 'transact') t.fail(line);
      else t.deepEqual(JSON.parse(JSON.stringify(restored.transaction)), plain(operations));
    }),
  );
});

test('entries that were put come back as the same bytes', t => {
  fc.assert(
    fc.property(fc.json(), text => {
      const data = Buffer.from(`[{"a":${text}}]`);
      const put = {
        batchId: 'b',
        idempotencyKey: undefined,
        fingerprint: undefined,
        count: 1,
        data,
      };
      const restored = restoredCommand(`${commandText({ kind: 'put', ...frame, ...put })} 1`);
      if (restored?.kind !== 'putAll') t.fail(text);
      else t.is(Buffer.from(restored.data).toString(), data.toString());
    }),
  );
});

test('what nobody has to restore is left out, and what nobody wrote is refused', t => {
  for (const line of [
    'NO-OP 1',
    'SESSION 1',
    'REPEATED INCR a 1 2',
    'REFUSED INCR a 1 2',
    'ACQUIRE l x 100 1',
  ]) {
    t.is(restoredCommand(line), undefined, line);
  }
  for (const line of ['SET a b', 'FLY a 1', 'SET a "b 1', 'INCR a x 1', 'TXN {} 1', 'SET 1']) {
    t.throws(() => restoredCommand(line), { instanceOf: UnreadableLine }, line);
  }
});
