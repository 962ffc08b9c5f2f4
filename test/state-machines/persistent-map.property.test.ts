import test from 'ava';
import fc from 'fast-check';
import { PersistentMap } from '../../src/state-machines/persistent-map.ts';

type Item = { readonly number: number };
type Change = { readonly key: string; readonly number: number | undefined };

const change = fc.record({
  key: fc.string({ maxLength: 2 }),
  number: fc.option(fc.nat(), { nil: undefined, freq: 2 }),
});

const after = (map: PersistentMap<Item>, { key, number }: Change): PersistentMap<Item> =>
  number === undefined ? map.without(key) : map.with(key, { number });

const sorted = (model: ReadonlyMap<string, Item>): [string, Item][] =>
  [...model].sort(([a], [b]) => (a < b ? -1 : 1));

test('it does what a map does, in the order of the keys, and no version ever changes', t => {
  const changes = fc.array(change, { maxLength: 400, size: 'max' });
  const property = fc.property(changes, fc.string({ maxLength: 2 }), (plan, start) => {
    let map = PersistentMap.empty<Item>();
    const model = new Map<string, Item>();
    const past: { map: PersistentMap<Item>; entries: [string, Item][] }[] = [];
    for (const [place, step] of plan.entries()) {
      map = after(map, step);
      if (step.number === undefined) model.delete(step.key);
      else model.set(step.key, { number: step.number });
      if (place % 50 === 0) past.push({ map, entries: sorted(model) });
    }
    past.push({ map, entries: sorted(model) });
    for (const version of past) {
      t.deepEqual([...version.map.entries()], version.entries);
      t.is(version.map.size, version.entries.length);
      t.deepEqual(
        [...version.map.entries(start)],
        version.entries.filter(([key]) => key >= start),
      );
    }
    for (const [key, item] of model) t.deepEqual(map.get(key), item);
  });
  fc.assert(property, { numRuns: 100 });
});

test('a map made from sorted entries is the same as one made step by step', t => {
  const entries = Array.from(
    { length: 5000 },
    (_, number) => [String(number).padStart(5, '0'), { number }] as const,
  );
  const built = PersistentMap.fromSorted(entries);
  t.is(built.size, 5000);
  t.deepEqual([...built.entries()], entries as unknown as [string, Item][]);
  let emptied = built;
  for (const [key] of entries) emptied = emptied.without(key);
  t.is(emptied.size, 0);
  t.deepEqual([...emptied.entries()], []);
});
