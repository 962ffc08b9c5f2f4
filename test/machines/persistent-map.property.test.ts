import test from 'ava';
import fc from 'fast-check';
import { PersistentMap } from '../../src/machines/persistent-map.ts';
import { checkCounts } from './count-check.ts';

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

test('many keys go at once as they would go one by one, and the version before stays', t => {
  const names = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 1500, size: 'max' });
  const property = fc.property(names, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
    let map = PersistentMap.empty<Item>();
    for (const [number, name] of all.entries()) map = map.with(name, { number });
    const ascending = sorted(new Map([...map.entries()]));
    const isGone = (place: number): boolean => (place * 7919) % 1000 < share * 1000;
    const gone = ascending.filter((_, place) => isGone(place)).map(([name]) => name);
    const kept = ascending.filter((_, place) => !isGone(place));
    const rest = map.withoutAll(gone);
    t.deepEqual([...rest.entries()], kept);
    t.is(rest.size, kept.length);
    t.deepEqual([...map.entries()], ascending);
    // It goes on as a map does.
    const [first = 'a'] = gone;
    const again = rest.with(first, { number: -1 });
    t.deepEqual(again.get(first), { number: -1 });
    t.deepEqual(
      [...again.withoutAll([first]).entries()],
      gone.length === 0 ? [...again.without(first).entries()] : kept,
    );
    for (const [name, item] of kept) t.deepEqual(rest.get(name), item);
  });
  fc.assert(property, { numRuns: 60 });
});

test('many entries come at once as they would come one by one', t => {
  const names = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 1500, size: 'max' });
  const property = fc.property(names, names, (first, second) => {
    let map = PersistentMap.empty<Item>();
    for (const [number, name] of first.entries()) map = map.with(name, { number });
    const before = [...map.entries()];
    const entries = sorted(new Map(second.map((name, number) => [name, { number: -number }])));
    const model = new Map([...before, ...entries]);
    const all = map.withAll(entries);
    t.deepEqual([...all.entries()], sorted(model));
    t.is(all.size, model.size);
    t.deepEqual([...map.entries()], before);
    const [one = ''] = second;
    model.delete(one);
    t.deepEqual([...all.without(one).entries()], sorted(model));
  });
  fc.assert(property, { numRuns: 60 });
});

test('a range is counted, and read from both ends, as it would be one by one', t => {
  t.is(checkCounts(60), undefined);
});

test('what two versions do not share is found without looking at the rest', t => {
  const changes = fc.array(change, { maxLength: 60 });
  const names = fc.uniqueArray(fc.string({ maxLength: 2 }), { maxLength: 1500, size: 'max' });
  const property = fc.property(names, changes, (first, plan) => {
    const entries = sorted(new Map(first.map((name, number) => [name, { number }])));
    const before = PersistentMap.fromSorted(entries);
    const map = plan.reduce(after, before);
    const expected = new Map<string, readonly (Item | undefined)[]>();
    for (const key of new Set([...first, ...plan.map(step => step.key)])) {
      const pair = [before.get(key), map.get(key)];
      if (pair[0] !== pair[1]) expected.set(key, pair);
    }
    const found = new Map(
      [...map.differences(before)].map(one => [one.key, [one.before, one.after]] as const),
    );
    t.deepEqual(sortedPairs(found), sortedPairs(expected));
  });
  fc.assert(property, { numRuns: 60 });
});

test('a range goes at once as it would go one by one, and the version before stays', t => {
  const names = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 1500, size: 'max' });
  const bound = fc.string({ maxLength: 2 });
  const property = fc.property(names, bound, bound, (all, one, other) => {
    const [start, end] = one < other ? [one, other] : [other, one];
    let map = PersistentMap.empty<Item>();
    for (const [number, name] of all.entries()) map = map.with(name, { number });
    const before = [...map.entries()];
    const rest = map.withoutRange(start, end);
    const kept = before.filter(([key]) => key < start || key >= end);
    t.deepEqual([...rest.entries()], kept);
    t.is(rest.size, kept.length);
    t.deepEqual([...map.entries()], before);
    const { taken } = map.extract(['', ...before.map(([key]) => key).filter(key => key >= start)]);
    t.deepEqual(
      taken,
      before.filter(([key]) => key === '' || key >= start),
    );
    t.is(rest.with(start, { number: -1 }).get(start)?.number, -1);
  });
  fc.assert(property, { numRuns: 60 });
});

const sortedPairs = <Value>(pairs: ReadonlyMap<string, Value>): [string, Value][] =>
  [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
