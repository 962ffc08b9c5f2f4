import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MalformedBytes } from '../../src/codec/byte-reader.ts';
import { type ByteString, endOfKey } from '../../src/codec/byte-string.ts';
import { decode, encode, type Shape } from '../../src/codec/shape.ts';
import { fields } from '../../src/codec/shapes.ts';
import { Aborted, type Draft } from '../../src/machines/draft.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { Sequence } from '../../src/machines/sequence.ts';
import { bounds, type Concrete, play, transaction } from './key-plans.ts';
import { checkChanges, checkLocks, checkReads, followOldest, forget, plain } from './keys-check.ts';
import { NaiveKeys } from './naive-keys.ts';
import { blindView, Stage } from './stage.ts';

/*
 * Random transactions across keys, locks and leases. Each check tells what is wrong, if anything
 * is: the tests ask, and so does whoever hunts planted bugs.
 */

const turn = fc.oneof(
  { weight: 12, arbitrary: transaction.map(steps => ({ steps })) },
  { weight: 1, arbitrary: fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ setsMax: fc.integer({ min: 1, max: 30 }) }) },
);
type Turn = typeof turn extends fc.Arbitrary<infer Value> ? Value : never;
const turns = fc.array(turn, { maxLength: 40, size: 'max' });
const wants = fc.record({ puts: fc.boolean(), deletes: fc.boolean(), withPrevious: fc.boolean() });

const carryOut = (stage: Stage, concrete: readonly Concrete[]): object[] | string =>
  stage.run(draft => concrete.map(({ run }) => run(draft)));

/** What the property has found, in words. */
function found<Values>(property: fc.IProperty<Values>, numRuns: number): string | undefined {
  const details = fc.check(property, { numRuns, includeErrorInReport: true });
  return details.failed ? fc.defaultReportMessage(details) : undefined;
}

function take(one: Turn, naive: NaiveKeys, stages: readonly Stage[]): void {
  if ('steps' in one) {
    const { expected, concrete } = play(naive, one.steps);
    for (const stage of stages) assert.deepEqual(carryOut(stage, concrete), expected);
  } else for (const stage of stages) forget(stage, naive, one);
  for (const stage of stages) followOldest(stage, naive);
}

/** They answer and show what naive ones do, now and in the past. */
export const checkKeys = (numRuns: number): string | undefined =>
  found(
    fc.property(turns, bounds, wants, (plan, range, wanted) => {
      const stage = new Stage();
      const naive = new NaiveKeys();
      for (const one of plan) {
        take(one, naive, [stage]);
        checkLocks(stage, naive);
      }
      checkReads(stage, naive, range);
      checkChanges(stage, naive, range, wanted);
    }),
    numRuns,
  );

/** A transaction that is aborted at its very end leaves nothing behind. */
export const checkAborts = (numRuns: number): string | undefined =>
  found(
    fc.property(fc.array(transaction, { maxLength: 12 }), transaction, (first, last) => {
      const stage = new Stage();
      const naive = new NaiveKeys();
      for (const steps of first) carryOut(stage, play(naive, steps).concrete);
      const before = stage.capture();
      const { concrete } = play(naive, last);
      const aborted = stage.run(draft => {
        for (const { run } of concrete) run(draft);
        throw new Aborted('last');
      });
      assert.equal(typeof aborted, 'string');
      assert.deepEqual(stage.capture(), before);
    }),
    numRuns,
  );

/** What was captured and restored goes on as if nothing had happened. */
export const checkRestores = (numRuns: number): string | undefined =>
  found(
    fc.property(turns, turns, bounds, wants, (first, second, range, wanted) => {
      const stage = new Stage();
      const naive = new NaiveKeys();
      for (const one of first) take(one, naive, [stage]);
      const captured = stage.capture();
      const restored = Stage.restored(captured, stage);
      assert.deepEqual(restored.capture(), captured);
      for (const one of second) take(one, naive, [stage, restored]);
      assert.deepEqual(restored.capture(), stage.capture());
      checkReads(restored, naive, range);
      checkChanges(restored, naive, range, wanted);
      checkLocks(restored, naive);
    }),
    numRuns,
  );

/** Operations and answers as bytes: there and back, and nothing else passes for them. */
export const checkBytes = (numRuns: number): string | undefined =>
  found(
    fc.property(fc.array(transaction, { maxLength: 20 }), fc.nat(), (plan, flip) => {
      const stage = new Stage();
      const naive = new NaiveKeys();
      for (const steps of plan) {
        const { expected, concrete } = play(naive, steps);
        carryOut(stage, concrete);
        for (const { takes, fields: values } of concrete) checkShape(fields(takes), values, flip);
        if (typeof expected === 'string') continue;
        for (const [place, { gives }] of concrete.entries()) {
          checkShape(fields(gives), expected[place] ?? {}, flip);
        }
      }
    }),
    numRuns,
  );

function checkShape(shape: Shape<unknown>, values: object, flip: number): void {
  const bytes = encode(shape, values);
  assert.deepEqual(decode(shape, bytes), { ...values });
  for (let length = 0; length < bytes.length; length += 1) {
    assert.throws(() => decode(shape, bytes.subarray(0, length)), MalformedBytes);
  }
  if (bytes.length === 0) return;
  const bent = Buffer.from(bytes);
  const place = flip % (8 * bytes.length);
  bent[place >> 3] = (bent[place >> 3] ?? 0) ^ (1 << (place & 7));
  try {
    // What is not refused is another value, and there is one way to write it.
    assert.deepEqual(encode(shape, decode(shape, bent)), bent);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
  }
}

const hot = 'hot' as ByteString;

/** The oldest of very many versions of a key is found in few steps, whatever is between. */
export function checkSteps(versions: number, stepsMax: number): string | undefined {
  const stage = new Stage();
  const add = (draft: Draft): object => keys.operations.add.apply(draft, { key: hot, by: 1 });
  for (let count = 0; count < versions; count += 1) stage.do(add);
  for (const revision of [1, 2, Math.floor(versions / 3), versions - 1]) {
    const range = { ...plain, start: hot, end: endOfKey(hot), revision };
    const steps = countedSteps(() => {
      const page = keys.queries.range.answer?.(stage.keys, range, blindView);
      assert.equal(page?.items[0]?.value, String(revision));
    });
    if (steps > stepsMax) return `revision ${revision} of ${versions} took ${steps} steps`;
  }
  return undefined;
}

/** How many changes are looked at. */
function countedSteps(run: () => void): number {
  const { get } = Sequence.prototype;
  let steps = 0;
  Sequence.prototype.get = function counted(place) {
    steps += 1;
    return get.call(this, place);
  };
  try {
    run();
  } finally {
    Sequence.prototype.get = get;
  }
  return steps;
}
