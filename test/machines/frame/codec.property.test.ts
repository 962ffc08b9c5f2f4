import test from 'ava';
import fc from 'fast-check';
import { MalformedBytes } from '../../../src/codec/byte-reader.ts';
import type { Shape } from '../../../src/codec/shape.ts';
import {
  type Command,
  decodeCommand,
  encodeCommand,
  encodeRequest,
  encodeTransact,
  itemsMax,
} from '../../../src/machines/frame/command.ts';
import { decodeResult, encodeResult, resultShape } from '../../../src/machines/frame/result.ts';
import { operationsMax } from '../../../src/machines/transaction.ts';
import { wrongOfBytes, wrongOfValue } from '../../codec/shape-check.ts';
import {
  answers,
  anyCommand,
  anyOperations,
  anyResult,
  changes,
  conditions,
  type Declared,
  operations,
  queries,
  queryAnswers,
  rows,
} from './any-values.ts';

const seeds = fc.nat({ max: 1e6 });
const all: Readonly<Record<string, readonly Declared[]>> = {
  operation: operations,
  answer: answers,
  condition: conditions,
  query: queries,
  'answer to a query': queryAnswers,
  'watch and change': changes,
  'row of a snapshot': rows,
};

for (const [what, list] of Object.entries(all)) {
  test(`every ${what} of every machine: one way to write it, and nothing else is read`, t => {
    t.true(list.length >= 2);
    for (const { name, shape } of list) {
      const property = fc.property(seeds, seed => {
        t.is(wrongOfValue(shape, seed), undefined, name);
      });
      fc.assert(property, { numRuns: 12 });
    }
  });
}

/** Commands as a shape, for the same checks. */
const commandShape: Shape<unknown> = {
  write: (writer, command) => writer.raw(encodeCommand(command as Command)),
  read: reader => decodeCommand(reader.raw(reader.remainingBytes)),
};

const flipped = (bytes: Buffer, place: number, mask: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[place] = (copy[place] ?? 0) ^ mask;
  return copy;
};

test('every command and every result: one way to write it, and nothing else is read', t => {
  const kinds = [
    { shape: commandShape, of: (seed: number) => encodeCommand(anyCommand(seed)) },
    { shape: resultShape as Shape<unknown>, of: (seed: number) => encodeResult(anyResult(seed)) },
  ];
  for (const { shape, of } of kinds) {
    const property = fc.property(
      seeds,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (seed, at, by) => {
        const bytes = of(seed);
        t.is(wrongOfBytes(shape, bytes), undefined);
        const place = at % bytes.length;
        t.is(wrongOfBytes(shape, flipped(bytes, place, by)), undefined);
        t.is(wrongOfBytes(shape, bytes.subarray(0, place)), undefined);
      },
    );
    fc.assert(property, { numRuns: 1500 });
  }
});

test('commands and results come back as they were', t => {
  const property = fc.property(seeds, seed => {
    const command = anyCommand(seed);
    t.deepEqual(encodeCommand(decodeCommand(encodeCommand(command))), encodeCommand(command));
    t.is(decodeCommand(encodeCommand(command)).type, command.type);
    const result = anyResult(seed);
    t.is(decodeResult(encodeResult(result)).type, result.type);
    t.deepEqual(encodeResult(decodeResult(encodeResult(result))), encodeResult(result));
  });
  fc.assert(property, { numRuns: 300 });
});

test('a command that is cut short is refused', t => {
  const property = fc.property(seeds, seed => {
    const bytes = encodeCommand(anyCommand(seed));
    for (let length = 0; length < Math.min(bytes.length, 400); length += 1) {
      t.throws(() => decodeCommand(bytes.subarray(0, length)), { instanceOf: MalformedBytes });
    }
  });
  fc.assert(property, { numRuns: 50 });
});

test('decoding answers for any bytes', t => {
  const head = fc.constantFrom([], [1], [2], [3], [4], [4, 1, 1, 1], [4, 1, 1, 1, 1, 0]);
  const property = fc.property(head, fc.uint8Array({ maxLength: 80 }), (begin, rest) => {
    const bytes = Buffer.from([...begin, ...rest]);
    t.is(wrongOfBytes(commandShape, bytes), undefined);
    t.is(wrongOfBytes(resultShape as Shape<unknown>, bytes), undefined);
  });
  fc.assert(property, { numRuns: 3000 });
});

test('requests that were put into bytes one by one make the same entry as all of them at once', t => {
  const property = fc.property(seeds, seed => {
    const command = anyCommand(8 * seed + 5);
    if (command.type !== 'transact') return t.fail();
    const items = command.items.map(({ sequence, ...request }) => ({
      sequence,
      request: encodeRequest(request),
    }));
    t.deepEqual(encodeTransact(command, items), encodeCommand(command));
  });
  fc.assert(property, { numRuns: 100 });
});

test('a transaction, and an entry, hold so much and no more', t => {
  const operation = anyOperations(1, 1)[0];
  if (operation === undefined) return t.fail();
  const transact = (count: number, items = 1) =>
    encodeCommand({
      type: 'transact',
      session: 1,
      ackedBelow: 1,
      items: Array.from({ length: items }, (_, sequence) => ({
        sequence,
        idempotency: undefined,
        transaction: {
          compare: [],
          success: Array.from({ length: count }, () => operation),
          failure: [operation],
        },
      })),
    });
  t.notThrows(() => decodeCommand(transact(operationsMax - 1)));
  t.throws(() => transact(operationsMax), { instanceOf: RangeError });
  t.notThrows(() => decodeCommand(transact(1, itemsMax)));
  t.throws(() => transact(1, itemsMax + 1), { instanceOf: RangeError });
});
