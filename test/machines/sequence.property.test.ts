import test from 'ava';
import fc from 'fast-check';
import { Sequence } from '../../src/machines/sequence.ts';

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ append: fc.integer({ min: 1, max: 700 }) }) },
  { weight: 1, arbitrary: fc.record({ dropShare: fc.double({ min: 0, max: 1.2, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ back: fc.nat(5) }) },
);

type Version = { readonly sequence: Sequence<number>; readonly items: readonly number[] };
type Step = { append?: number; dropShare?: number; back?: number };

/** The versions that come into being one after the other; each step begins with the last. */
function versionsOf(plan: readonly Step[], start: number): Version[] {
  let number = 0;
  let last: Version = { sequence: Sequence.emptyAt<number>(start), items: [] };
  const versions = [last];
  for (const { append = 0, dropShare = 0, back = 0 } of plan) {
    let { sequence, items } = versions.at(-1 - back) ?? last;
    for (let count = 0; count < append; count += 1) {
      sequence = sequence.with(number);
      items = [...items, number];
      number += 1;
    }
    const gone = Math.floor(dropShare * items.length);
    last = { sequence: sequence.from(sequence.first + gone), items: items.slice(gone) };
    versions.push(last);
  }
  return versions;
}

test('it does what an array does, and no version ever changes, whichever one is appended to', t => {
  const property = fc.property(fc.array(step, { maxLength: 12 }), fc.nat(2000), (plan, start) => {
    for (const { sequence, items } of versionsOf(plan, start)) {
      t.is(sequence.length, items.length);
      t.deepEqual([...sequence.items()], items);
      t.is(sequence.get(sequence.first - 1), undefined);
      t.is(sequence.get(sequence.end), undefined);
      t.is(sequence.get(sequence.end - 1), items.at(-1));
    }
  });
  fc.assert(property, { numRuns: 100 });
});
