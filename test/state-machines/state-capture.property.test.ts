import test from 'ava';
import fc from 'fast-check';
import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import { type Command, encodeCommand } from '../../src/state-machines/command.ts';
import {
  applyEntry,
  createReplicatedState,
  type ReplicatedState,
  stateLimits,
} from '../../src/state-machines/replicated-state.ts';
import {
  captureState,
  StateBuilder,
  type StateRecord,
} from '../../src/state-machines/state-capture.ts';
import type { Operation } from '../../src/state-machines/transaction.ts';
import { bytesPerUse } from '../../src/state-machines/use-table.ts';

/* A state that went through a capture goes on exactly as the one it was taken of. */

const limits = {
  ...stateLimits,
  sessionsMax: 3,
  answerValuesMaxBytes: 60,
  rememberedBatchesMax: 5,
  idempotency: { promisedMs: 300, lifetimeMs: 3000, maxBytes: 4 * bytesPerUse },
  history: { versionsMax: 6, changesMax: 8, bytesMax: 1000 },
};

const key = fc.constantFrom('a', 'b', 'c', 'ü').map(utf8BytesOf);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constant('set' as const),
    key,
    value: fc.string({ maxLength: 30 }).map(utf8BytesOf),
    type: fc.constantFrom('text/plain', 'a—b'),
    ttlMs: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
  }),
  fc.record({ op: fc.constant('delete' as const), key }),
  fc.record({ op: fc.constant('get' as const), key }),
  fc.record({ op: fc.constant('add' as const), key, by: fc.integer({ min: -3, max: 3 }) }),
  fc.record({
    op: fc.constant('append' as const),
    batchId: fc.uuid(),
    count: fc.constant(1),
    data: fc.constant(utf8BytesOf('[{}]')),
  }),
  fc.record({
    op: fc.constant('acquire' as const),
    lock: fc.constantFrom('l', 'é'),
    holder: fc.constantFrom('x', 'y'),
    ttlMs: fc.integer({ min: 1, max: 300 }),
  }),
);
const frame = fc.record({
  session: fc.integer({ min: 1, max: 8 }),
  sequence: fc.integer({ min: 1, max: 12 }),
  ackedBelow: fc.integer({ min: 0, max: 4 }),
});
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: 'openSession' as const, nonce: 'n' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'tick' as const }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        frame,
        fc.uuid(),
        fc.constantFrom(undefined, 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8'),
      )
      .map(
        ([fields, batchId, idempotencyKey]): Command => ({
          kind: 'put',
          ...fields,
          batchId,
          idempotencyKey,
          fingerprint: 'f',
          count: 2,
          data: Buffer.from('[{},{}]'),
        }),
      ),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(frame, fc.uniqueArray(operation, { maxLength: 2, selector: ({ op }) => op }))
      .map(
        ([fields, success]): Command => ({
          kind: 'transact',
          ...fields,
          compare: [],
          success,
          failure: [],
        }),
      ),
  },
);

type Step = { readonly command: Command; readonly passedMs: number; readonly isNewTerm: boolean };
const step: fc.Arbitrary<Step> = fc.record({
  command,
  passedMs: fc.integer({ min: 0, max: 200 }),
  isNewTerm: fc.boolean(),
});

/** Applies the steps from a place on, and returns the results as text. */
function run(state: ReplicatedState, steps: readonly Step[], from: number, to: number): string[] {
  let wallMs = 1000;
  let term = 1;
  const results: string[] = [];
  for (const [place, { command: one, passedMs, isNewTerm }] of steps.entries()) {
    wallMs += passedMs;
    if (isNewTerm && place % 5 === 0) term += 1;
    if (place < from || place >= to) continue;
    const entry = { index: place + 1, term, wallMs, kind: 'command' as const };
    const outcome = applyEntry(state, { ...entry, payload: encodeCommand(one) });
    results.push(JSON.stringify(outcome));
  }
  return results;
}

const throughJson = (record: StateRecord): StateRecord => JSON.parse(JSON.stringify(record));

function restored(records: Iterable<StateRecord>): ReplicatedState {
  const builder = new StateBuilder(limits);
  for (const record of records) builder.add(throughJson(record));
  return builder.finish();
}

const textOf = (state: ReplicatedState): string => JSON.stringify([...captureState(state)]);

test('a state restored from a capture holds the same, and goes on the same', t => {
  const steps = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });
  const property = fc.property(steps, fc.nat(), (plan, cut) => {
    const place = cut % plan.length;
    const original = createReplicatedState(limits);
    run(original, plan, 0, place);
    const capture = captureState(original);
    const before = textOf(original);
    // The original moves on before the capture is read.
    const expected = run(original, plan, place, plan.length);
    const copy = restored(capture);
    t.is(textOf(copy), before);
    t.deepEqual(run(copy, plan, place, plan.length), expected);
    t.is(textOf(copy), textOf(original));
  });
  fc.assert(property, { numRuns: 300 });
});
