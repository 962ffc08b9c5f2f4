import test from 'ava';
import fc from 'fast-check';
import { Aborted } from '../../src/machines/draft.ts';
import { bounds, type Concrete, play, transaction } from './key-plans.ts';
import { checkChanges, checkLocks, checkReads, followOldest, forget } from './keys-check.ts';
import { NaiveKeys } from './naive-keys.ts';
import { Stage } from './stage.ts';

const turn = fc.oneof(
  { weight: 12, arbitrary: transaction.map(steps => ({ steps })) },
  { weight: 1, arbitrary: fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ setsMax: fc.integer({ min: 1, max: 30 }) }) },
);
const plan = fc.array(turn, { maxLength: 40, size: 'max' });
const wants = fc.record({
  puts: fc.boolean(),
  deletes: fc.boolean(),
  withPrevious: fc.boolean(),
});

const carryOut = (stage: Stage, concrete: readonly Concrete[]): object[] | string =>
  stage.run(draft => concrete.map(one => one(draft)));

test('keys, locks and leases answer and show what naive ones do, now and in the past', t => {
  const property = fc.property(plan, bounds, wants, (turns, range, wanted) => {
    const stage = new Stage();
    const naive = new NaiveKeys();
    for (const one of turns) {
      if ('steps' in one) {
        const { expected, concrete } = play(naive, one.steps);
        t.deepEqual(carryOut(stage, concrete), expected);
        followOldest(stage, naive);
      } else forget(stage, naive, one);
      checkLocks(stage, naive);
    }
    checkReads(stage, naive, range);
    checkChanges(stage, naive, range, wanted);
  });
  fc.assert(property, { numRuns: 300, includeErrorInReport: true });
});

test('a transaction that is aborted at its end leaves nothing behind', t => {
  const property = fc.property(
    fc.array(transaction, { maxLength: 12 }),
    transaction,
    (first, last) => {
      const stage = new Stage();
      const naive = new NaiveKeys();
      for (const steps of first) carryOut(stage, play(naive, steps).concrete);
      const before = stage.capture();
      const { concrete } = play(naive, last);
      const abort = (): never => {
        throw new Aborted('last');
      };
      t.is(typeof carryOut(stage, [...concrete, abort]), 'string');
      t.deepEqual(stage.capture(), before);
    },
  );
  fc.assert(property, { numRuns: 100, includeErrorInReport: true });
});

test('what was captured and restored goes on as if nothing had happened', t => {
  const turns = fc.array(turn, { maxLength: 20, size: 'max' });
  const property = fc.property(turns, turns, bounds, wants, (first, second, range, wanted) => {
    const stage = new Stage();
    const naive = new NaiveKeys();
    const go = (
      one: typeof turns extends fc.Arbitrary<(infer Turn)[]> ? Turn : never,
      on: Stage[],
    ): void => {
      if ('steps' in one) {
        const { expected, concrete } = play(naive, one.steps);
        for (const each of on) t.deepEqual(carryOut(each, concrete), expected);
      } else for (const each of on) forget(each, naive, one);
      for (const each of on) followOldest(each, naive);
    };
    for (const one of first) go(one, [stage]);
    const captured = stage.capture();
    const restored = Stage.restored(captured, stage);
    t.deepEqual(restored.capture(), captured);
    for (const one of second) go(one, [stage, restored]);
    t.deepEqual(restored.capture(), stage.capture());
    checkReads(restored, naive, range);
    checkChanges(restored, naive, range, wanted);
    checkLocks(restored, naive);
  });
  fc.assert(property, { numRuns: 100, includeErrorInReport: true });
});
