import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { Aborted, type Draft } from '../../../src/machines/draft.ts';
import { blindView, Stage } from '../stage.ts';
import { type Counter, CounterTable } from './counter-table.ts';
import { type CountersState, counters } from './counters.ts';

const { operations, conditions, queries, due } = counters;
const tableOf = (stage: Stage): CounterTable => (stage.states['counters'] as CountersState).table;
const stageOf = (): Stage => new Stage([counters]);

const change = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  by: fc.integer({ min: -3, max: 5 }),
});
const turn = fc.record({
  changes: fc.array(change, { maxLength: 4 }),
  isAborted: fc.constantFrom(false, false, true),
  passedMs: fc.constantFrom(0, 10, 30_000, 60_000),
});
type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;

/** What is due ends, and then the transaction is made; as the frame does it. */
function play(stage: Stage, { changes, isAborted, passedMs }: Turn): unknown {
  stage.nowMs += passedMs;
  const nextMs = due.nextMs(stage.states['counters'] as CountersState);
  if (nextMs !== undefined && nextMs <= stage.nowMs) {
    stage.run(draft => ({ ended: due.end(draft, 1000) }));
  }
  return stage.run(draft => {
    const values = changes.map(one => operations.add.apply(draft, one).value);
    if (isAborted) throw new Aborted('last');
    return values;
  });
}

type Naive = ReadonlyMap<string, { readonly value: number; readonly atMs: number }>;

/** What is left of the counters, what they count then, and what is told. */
function played(naive: Naive, nowMs: number, { changes, isAborted }: Turn): [Naive, unknown] {
  const living = new Map([...naive].filter(([, { atMs }]) => nowMs - atMs < 60_000));
  const next = new Map(living);
  const values: number[] = [];
  for (const { name, by } of changes) {
    const value = (next.get(name)?.value ?? 0) + by;
    if (value < 0) return [living, 'outOfRange'];
    next.set(name, { value, atMs: nowMs });
    values.push(value);
  }
  return isAborted ? [living, 'last'] : [next, values];
}

test('counters count what naive ones count, and go when nobody has counted them for a minute', t => {
  const property = fc.property(fc.array(turn, { maxLength: 30 }), turns => {
    const stage = stageOf();
    let naive: Naive = new Map();
    for (const one of turns) {
      const told = play(stage, one);
      const [next, expected] = played(naive, stage.nowMs, one);
      naive = next;
      t.deepEqual(told, expected);
      const table = tableOf(stage);
      t.is(table.size, naive.size);
      for (const [name, { value }] of naive) t.is(table.get(name)?.value, value);
    }
  });
  fc.assert(property, { numRuns: 200, includeErrorInReport: true });
});

test('an aborted transaction changes nothing in the table', t => {
  const property = fc.property(fc.array(turn, { maxLength: 10 }), turn, (turns, last) => {
    const stage = stageOf();
    for (const one of turns) play(stage, one);
    const before = stage.capture();
    play(stage, { ...last, isAborted: true, passedMs: 0 });
    t.deepEqual(stage.capture(), before);
  });
  fc.assert(property, { includeErrorInReport: true });
});

test('a capture holds the table as it was, whatever changes while it is read', t => {
  const turns = fc.array(turn, { maxLength: 10 });
  const property = fc.property(turns, turns, (first, second) => {
    const stage = stageOf();
    for (const one of first) play(stage, one);
    const before = [...tableOf(stage).values()];
    const held = tableOf(stage).capture();
    for (const one of second) play(stage, one);
    t.deepEqual([...held], before);
  });
  fc.assert(property, { includeErrorInReport: true });
});

test('counters that were captured and restored go on as if nothing had happened', t => {
  const turns = fc.array(turn, { maxLength: 15 });
  const property = fc.property(turns, turns, (first, second) => {
    const stage = stageOf();
    for (const one of first) play(stage, one);
    const copy = Stage.restored(stage.capture(), stage, [counters]);
    for (const one of second) t.deepEqual(play(copy, one), play(stage, one));
    t.deepEqual(copy.capture(), stage.capture());
  });
  fc.assert(property, { includeErrorInReport: true });
});

test('a condition and a query see what stands there', t => {
  const stage = stageOf();
  const add = (draft: Draft) => operations.add.apply(draft, { name: 'a', by: 2 });
  stage.do(draft => {
    t.false(conditions.atLeast.holds(draft, { name: 'a', value: 1 }));
    add(draft);
    t.true(conditions.atLeast.holds(draft, { name: 'a', value: 2 }));
    return {};
  });
  const state = stage.states['counters'] as CountersState;
  t.deepEqual(queries.get.answer?.(state, { name: 'a' }, blindView), { value: 2 });
  t.deepEqual(queries.get.answer?.(state, { name: 'b' }, blindView), { value: undefined });
  t.deepEqual(counters.figures(state), { counters: 1 });
  t.is(operations.add.text({ name: 'a b', by: 2 }), 'COUNT "a b" 2');
});

test('a table finds its next end without looking at the others', t => {
  const table = new CounterTable();
  const counter = (name: string, endsAtMs: number): Counter => ({ name, value: 1, endsAtMs });
  table.put(counter('a', 1));
  table.put(counter('b', 2));
  table.put(counter('a', 3));
  t.is(table.first()?.name, 'b');
});

/** As the page shows it: the machine's folder is one of those in src/machines. */
const asShown = (source: string): string =>
  source.replaceAll('../../../src/machines/', '../').replaceAll('../../../src/', '../../');

test('the page about adding a machine shows exactly the code that is tested here', t => {
  const page = readFileSync('docs/adding-a-machine.md', 'utf8');
  const shown = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  for (const file of ['counter-table.ts', 'counters.ts']) {
    const source = asShown(readFileSync(`test/machines/example/${file}`, 'utf8'));
    const parts = shown.filter(code => source.includes(code));
    t.is(parts.join('\n'), source, file);
  }
});
