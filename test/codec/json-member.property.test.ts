import test from 'ava';
import fc from 'fast-check';
import { jsonMember } from '../../src/codec/json-member.ts';

const member = (json: string, name: string): string | undefined => {
  const found = jsonMember(new TextEncoder().encode(json), name);
  return found && new TextDecoder().decode(found);
};

test('a member comes out as it was written, and of several the last', t => {
  const json = ' {"a" : [1, {"b":2}] , "\\u0062": 12345678901234567890 ,"a":"x,\\"}"}\n';
  t.is(member(json, 'a'), '"x,\\"}"');
  t.is(member(json, 'b'), '12345678901234567890');
  t.is(member(json, 'c'), undefined);
  t.is(member('{}', 'a'), undefined);
});

test('whatever is written, a member and parsing gives the same as parsing', t => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (values, indent) => {
        const json = JSON.stringify(values, undefined, indent);
        for (const [name, value] of Object.entries(JSON.parse(json))) {
          t.deepEqual(JSON.parse(member(json, name) ?? 'null'), value);
        }
      }),
      { numRuns: 300 },
    ),
  );
});
