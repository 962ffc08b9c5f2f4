import test from 'ava';
import fc from 'fast-check';
import { MalformedBytes } from '../../../src/codec/byte-reader.ts';
import { utf8BytesOf } from '../../../src/codec/byte-string.ts';
import { UnknownKind } from '../../../src/codec/shapes.ts';
import { type Command, encodeCommand } from '../../../src/machines/frame/command.ts';
import {
  applyEntry,
  createReplicatedState,
  nextDueMs,
  type ReplicatedState,
  stateLimits,
} from '../../../src/machines/frame/replicated-state.ts';
import { encodeResult } from '../../../src/machines/frame/result.ts';
import { captureState, keysIn, StateBuilder } from '../../../src/machines/frame/state-records.ts';
import { bytesPerUse } from '../../../src/machines/frame/use-table.ts';
import type { Operation } from '../../../src/machines/machines.ts';
import { acquire, add, append, LogOn, put, recordsOf, restored, textOf } from './log-on.ts';

/* A state that went through a capture goes on exactly as the one it was taken of. */

const limits = {
  ...stateLimits,
  sessions: { sessionsMax: 3, answersMax: 20, valuesMaxBytes: 60 },
  idempotency: { promisedMs: 300, lifetimeMs: 3000, maxBytes: 4 * (bytesPerUse + 30) },
};

const key = fc.constantFrom('a', 'b', 'c', 'ü');
const lease = fc.integer({ min: 1, max: 12 });
const ttlMs = fc.constantFrom(100, 5000);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(key, fc.string({ maxLength: 30 })).map(([name, value]) => put(name, value)),
  fc.tuple(key, ttlMs).map(([name, ms]) => ({ ...put(name, 'x'), ttlMs: ms }) as Operation),
  fc.tuple(key, lease).map(([name, one]) => ({ ...put(name, 'y'), lease: one }) as Operation),
  fc.tuple(key, key).map(([start, end]) => ({
    op: 'keys.delete' as const,
    start: utf8BytesOf(start),
    end: utf8BytesOf(end),
    wantsPrevious: true,
  })),
  fc.tuple(key, fc.integer({ min: -3, max: 3 })).map(([name, by]) => add(name, by)),
  fc.uuid().map(id => append(id, 2)),
  fc
    .tuple(fc.constantFrom('l', 'é'), fc.constantFrom('x', 'y'), fc.boolean())
    .map(([lock, holder, waits]) => ({ ...acquire(lock, holder), waits }) as Operation),
  ttlMs.map(ms => ({ op: 'leases.grant' as const, ttlMs: ms })),
  fc.array(lease, { maxLength: 2 }).map(leases => ({ op: 'leases.revoke' as const, leases })),
  fc.integer({ min: 0, max: 20 }).map(revision => ({ op: 'keys.compact' as const, revision })),
);
const item = fc
  .record({
    sequence: fc.integer({ min: 1, max: 12 }),
    name: fc.option(fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5'), { nil: undefined }),
    success: fc.array(operation, { maxLength: 3 }),
  })
  .map(({ sequence, name, success }) => ({
    sequence,
    idempotency: name === undefined ? undefined : { key: name, fingerprint: 'f' },
    transaction: { compare: [], success, failure: [] },
  }));
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ type: 'openSession' as const, nonce: 'n' }) },
  { weight: 1, arbitrary: fc.constant({ type: 'raiseLevel' as const, level: 1 }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('tick' as const),
      idempotencyMaxBytes: fc.option(fc.integer({ min: 200, max: 400 }), { nil: undefined }),
      operations: fc.array(operation, { maxLength: 2 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('transact' as const),
      session: fc.integer({ min: 1, max: 8 }),
      ackedBelow: fc.integer({ min: 0, max: 4 }),
      items: fc.array(item, { maxLength: 4 }),
    }),
  },
);

type Step = { readonly command: Command; readonly passedMs: number; readonly isNewTerm: boolean };
const step: fc.Arbitrary<Step> = fc.record({
  command,
  passedMs: fc.integer({ min: 0, max: 200 }),
  isNewTerm: fc.boolean(),
});

/** Applies the steps from a place on, and returns the outcomes as text. */
function run(state: ReplicatedState, steps: readonly Step[], from: number, to: number): string[] {
  let wallMs = 1000;
  let term = 1;
  const results: string[] = [];
  for (const [place, { command: one, passedMs, isNewTerm }] of steps.entries()) {
    wallMs += passedMs;
    if (isNewTerm && place % 5 === 0) term += 1;
    if (place < from || place >= to) continue;
    const entry = { index: place + 1, term, wallMs, kind: 'command' as const };
    const outcomes = applyEntry(state, { ...entry, payload: encodeCommand(one) });
    const told = outcomes.map(({ result, ...rest }) => ({
      ...rest,
      result: encodeResult(result).toString('hex'),
    }));
    results.push(JSON.stringify([told, nextDueMs(state)]));
  }
  return results;
}

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
    const copy = restored(capture, original);
    t.is(textOf(copy), before);
    t.deepEqual(run(copy, plan, place, plan.length), expected);
    t.is(textOf(copy), textOf(original));
  });
  fc.assert(property, { numRuns: 300 });
});

const filled = (): LogOn => {
  const log = new LogOn();
  log.open();
  log.do(put('a', '1'), put('b', '2'), append('x'), acquire('l', 'x'));
  log.transact({ success: [add('n', 1)] }, { key: 'order', fingerprint: 'f' });
  return log;
};

test('a record that is cut short, or has a byte too many, is refused', t => {
  for (const record of recordsOf(filled().state)) {
    for (let length = 0; length < record.length; length += 1) {
      t.throws(() => new StateBuilder().add(record.subarray(0, length)), {
        instanceOf: MalformedBytes,
      });
    }
    t.throws(() => new StateBuilder().add(Buffer.concat([record, Buffer.of(0)])), {
      instanceOf: MalformedBytes,
    });
  }
});

test('a record of a machine or a part that nobody here knows is of a newer version', t => {
  const unknown = [
    Buffer.from([99, 4, ...Buffer.from('keys'), 0]),
    Buffer.from([2, 7, ...Buffer.from('nothing'), 0]),
  ];
  for (const record of unknown) {
    t.throws(() => new StateBuilder().add(record), { instanceOf: UnknownKind });
  }
});

test('records without their head, or with two, are no state', t => {
  const [head, ...rest] = recordsOf(filled().state);
  t.truthy(head);
  const building = (records: readonly (Uint8Array | undefined)[]) => () => {
    const builder = new StateBuilder();
    for (const record of records) if (record !== undefined) builder.add(record);
    return builder.finish();
  };
  t.throws(building(rest), { instanceOf: MalformedBytes, message: 'no state in its records' });
  t.throws(building([head, head, ...rest]), { instanceOf: MalformedBytes });
  t.notThrows(building([...rest, head]));
});

test('a page of idempotency keys that is not as long as it says is refused', t => {
  const record = recordsOf(filled().state).find(
    bytes => bytes[0] === 0 && Buffer.from(bytes.subarray(2, 6)).toString() === 'uses',
  );
  if (record === undefined) return t.fail();
  let refused = 0;
  for (let place = 0; place < record.length; place += 1) {
    const flipped = Buffer.from(record);
    flipped[place] = (flipped[place] ?? 0) ^ 1;
    const builder = new StateBuilder();
    try {
      builder.add(recordsOf(filled().state)[0] ?? Buffer.alloc(0));
      builder.add(flipped);
      builder.finish();
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      refused += 1;
    }
  }
  t.true(refused >= 5);
});

test('how many keys a record holds can be told without reading it', t => {
  const count = recordsOf(filled().state).reduce((sum, record) => sum + keysIn(record), 0);
  // The lock and the counter are keys too.
  t.is(count, 4);
});

test('a large state goes in records that are not large', t => {
  const log = new LogOn();
  log.open();
  for (let count = 0; count < 20; count += 1) {
    log.do(...Array.from({ length: 500 }, (_, place) => put(`${count}/${place}`, 'x'.repeat(100))));
  }
  const records = recordsOf(log.state);
  t.true(records.length > 15);
  for (const { length } of records) t.true(length < 70_000);
  log.restart();
  t.is(log.value('19/499'), 'x'.repeat(100));
});
