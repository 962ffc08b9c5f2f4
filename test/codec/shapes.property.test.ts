import test from 'ava';
import fc from 'fast-check';
import { MalformedBytes } from '../../src/codec/byte-reader.ts';
import { decode, encode, type Shape } from '../../src/codec/shape.ts';
import {
  byteString,
  bytes,
  count,
  fields,
  flag,
  float,
  identifier,
  integer,
  list,
  oneOf,
  optional,
  refined,
  text,
  UnknownKind,
  word,
} from '../../src/codec/shapes.ts';
import { wrongOfBytes, wrongOfValue } from './shape-check.ts';

const even = refined(count(), value => value % 2 === 0, 'an odd number');
const shapes: Readonly<Record<string, Shape<unknown>>> = {
  count: count(),
  'count within bounds': count({ min: 2, max: 1000 }),
  integer,
  float,
  flag,
  text: text({ min: 1, max: 200 }),
  identifier: identifier({ max: 200 }),
  byteString: byteString({ max: 500 }),
  bytes: bytes({ max: 500 }),
  word: word('a', 'b'),
  optional: optional(count()),
  list: list(text({ max: 20 }), { max: 3 }),
  fields: fields({ a: count(), b: optional(text({ max: 9 })), c: fields({}) }),
  refined: even,
  oneOf: oneOf<{ readonly is: string }>('is', {
    one: { code: 1, shape: fields({ a: count() }) },
    two: { code: 2, shape: fields({ b: list(identifier({ max: 20 })) }) },
  }),
};

for (const [name, shape] of Object.entries(shapes)) {
  test(`${name}: what was written is read again, and no other bytes stand for it`, t => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        t.is(wrongOfValue(shape, seed), undefined);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), any => {
        t.is(wrongOfBytes(shape, any), undefined);
      }),
      { numRuns: 500 },
    );
  });
}

test('numbers, texts and bytes of any size and content come back', t => {
  const all = fields({ n: integer, f: float, t: text({ max: 1e6 }), b: byteString() });
  const value = fc.record({
    n: fc.maxSafeInteger().map(n => n + 0),
    f: fc.double({ noNaN: true, noDefaultInfinity: true }),
    t: fc.string({ unit: 'grapheme', maxLength: 200 }),
    b: fc.uint8Array({ maxLength: 300 }).map(some => Buffer.from(some).toString('latin1') as never),
  });
  fc.assert(
    fc.property(value, one => {
      t.deepEqual(decode(all, encode(all, one)), one);
    }),
  );
});

test('an identifier that is a UUID takes 17 bytes, and comes back as it was', t => {
  const shape = identifier({ max: 100 });
  fc.assert(
    fc.property(fc.uuid(), uuid => {
      t.is(encode(shape, uuid).length, 17);
      t.is(decode(shape, encode(shape, uuid)), uuid);
      for (const other of [uuid.toUpperCase(), uuid.replace('-', '_'), `${uuid}0`]) {
        t.is(decode(shape, encode(shape, other)), other);
      }
    }),
  );
});

test('what no reader would read is not written', t => {
  const refused: readonly (readonly [Shape<never>, unknown])[] = [
    [count() as never, -1],
    [count() as never, 1.5],
    [count() as never, 2 ** 53],
    [count() as never, Number.NaN],
    [count({ min: 1, max: 5 }) as never, 6],
    [count({ min: 1 }) as never, 0],
    [integer as never, 0.5],
    [float as never, Number.POSITIVE_INFINITY],
    [text({ min: 1, max: 3 }) as never, ''],
    [text({ max: 3 }) as never, 'üü'],
    [text({ max: 30 }) as never, 'x'.repeat(31)],
    [identifier({ max: 3 }) as never, 'four'],
    [byteString({ min: 1 }) as never, ''],
    [byteString({ max: 2 }) as never, 'abc'],
    [bytes({ max: 2 }) as never, Buffer.alloc(3)],
    [word('a', 'b') as never, 'c'],
    [list(count(), { max: 1 }) as never, [1, 2]],
    [even as never, 3],
    [shapes['oneOf'] as never, { is: 'three' }],
  ];
  for (const [place, [shape, value]] of refused.entries()) {
    t.throws(() => encode(shape, value as never), { instanceOf: RangeError }, `${place}`);
  }
  // And whoever encodes next is not in its way.
  t.deepEqual([...encode(count(), 300)], [0xac, 0x02]);
});

test('a length that was forged is refused before anything is reserved for it', t => {
  const forged = encode(count(), 2 ** 40);
  const before = process.memoryUsage();
  for (const shape of [
    list(count()),
    list(fields({})),
    byteString(),
    bytes(),
    text({ max: 2e9 }),
  ]) {
    t.throws(() => decode(shape as Shape<unknown>, Buffer.concat([forged, Buffer.alloc(64)])), {
      instanceOf: MalformedBytes,
    });
  }
  const after = process.memoryUsage();
  t.true(after.heapTotal + after.external - before.heapTotal - before.external < 32 * 1024 * 1024);
});

test('a kind that is not known is told apart from damage', t => {
  t.throws(() => decode(shapes['oneOf'] as Shape<unknown>, Buffer.of(3, 1)), {
    instanceOf: UnknownKind,
    message: 'a is of the unknown kind 3',
  });
});

test('bytes that are encoded do not change when others are', t => {
  const first = encode(byteString(), 'first' as never);
  encode(byteString(), 'other' as never);
  t.is(decode(byteString(), first), 'first' as never);
});
