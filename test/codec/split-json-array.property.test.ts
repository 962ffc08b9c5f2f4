import test from 'ava';
import fc from 'fast-check';
import { splitJsonArray } from '../../src/codec/split-json-array.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const split = (json: string): string[] => splitJsonArray(new TextEncoder().encode(json)).map(text);

test('elements come out as they were written', t => {
  t.deepEqual(split(' [ {"a" : "x,]\\"}" } , {"n":12345678901234567890} ]\n'), [
    '{"a" : "x,]\\"}" }',
    '{"n":12345678901234567890}',
  ]);
  t.deepEqual(split('[]'), []);
  t.deepEqual(split('[[1,2],{"a":[{}]}]'), ['[1,2]', '{"a":[{}]}']);
});

test('whatever is written, splitting and parsing gives the same as parsing', t => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(3), (values, indent) => {
        const json = JSON.stringify(values, undefined, indent);
        t.deepEqual(
          split(json).map(element => JSON.parse(element)),
          JSON.parse(json),
        );
      }),
      { numRuns: 300 },
    ),
  );
});
