import test from 'ava';
import { type Command, encodeCommand, type Put } from '../../src/state-machines/command.ts';
import {
  applyEntry,
  createReplicatedState,
  type ReplicatedState,
  stateLimits,
} from '../../src/state-machines/replicated-state.ts';
import type { Result } from '../../src/state-machines/result.ts';
import { StateBuilder } from '../../src/state-machines/state-capture.ts';
import { bytesPerUse } from '../../src/state-machines/use-table.ts';

const minute = 60 * 1000;
const hour = 60 * minute;

/** A log that grows by a command at a time; returns what each has led to. */
function logOn(state: ReplicatedState = createReplicatedState()) {
  let index = 0;
  const apply = (payload: Uint8Array, wallMs = 1000): Result | undefined => {
    index += 1;
    return applyEntry(state, { index, term: 1, wallMs, kind: 'command', payload })?.result;
  };
  return {
    state,
    apply,
    run: (command: Command, wallMs?: number) => apply(encodeCommand(command), wallMs),
  };
}

const put = (fields: Partial<Put> = {}): Put => ({
  kind: 'put',
  session: 1,
  sequence: 1,
  ackedBelow: 1,
  batchId: 'batch-1',
  idempotencyKey: undefined,
  fingerprint: undefined,
  count: 1,
  data: new TextEncoder().encode('[{}]'),
  ...fields,
});
const open = { kind: 'openSession', nonce: 'x' } as const;

test('the id of a session is the index of its entry; numbers are gapless over all sessions', t => {
  const { run } = logOn();
  t.deepEqual(run(open), { kind: 'sessionOpened', session: 1 });
  t.deepEqual(run(open), { kind: 'sessionOpened', session: 2 });
  t.like(run(put({ count: 3 })), { placement: { first: 1, last: 3, index: 3 } });
  t.like(run(put({ session: 2, batchId: 'b' })), { placement: { first: 4, last: 4 } });
});

test('a repeated command has its first answer and no second effect', t => {
  const { run, state } = logOn();
  run(open);
  const first = run(put());
  t.like(first, { kind: 'appended', isReplay: false });
  t.like(run(put()), { kind: 'appended', isReplay: true, placement: { first: 1, index: 2 } });
  t.is(state.journal.lastSeq, 1);
  t.deepEqual([...state.journal.withoutEffect], [3]);
});

test('an answer is kept until the client has it, and then forgotten for good', t => {
  const { run, state } = logOn();
  run(open);
  run(put({ sequence: 1 }));
  run(put({ sequence: 2, ackedBelow: 2, batchId: 'b' }));
  t.deepEqual(run(put({ sequence: 1 })), { kind: 'sessionExpired' });
  t.is(state.journal.lastSeq, 2);
});

test('an unknown session has no effect', t => {
  const { run, state } = logOn();
  t.deepEqual(run(put({ session: 99 })), { kind: 'sessionExpired' });
  t.is(state.journal.lastSeq, 0);
});

test('the longest unused session is forgotten when there are too many', t => {
  const { run } = logOn(createReplicatedState({ ...stateLimits, sessionsMax: 2 }));
  run(open);
  run(open);
  run(put({ session: 1 }));
  run(open);
  t.like(run(put({ session: 1, sequence: 2 })), { kind: 'appended' });
  t.deepEqual(run(put({ session: 2 })), { kind: 'sessionExpired' });
});

test('an idempotency key holds over sessions, for the same content, for a day of log time', t => {
  const { run, state } = logOn();
  const named = { idempotencyKey: 'order', fingerprint: 'f1' };
  run(open);
  run(open);
  run(put(named));
  const again = put({ ...named, session: 2, batchId: 'other' });
  t.like(run(again, 23 * hour), {
    kind: 'appended',
    isReplay: true,
    placement: { batchId: 'batch-1', first: 1 },
  });
  t.like(run({ ...again, sequence: 2, fingerprint: 'f2' }), { kind: 'keyConflict' });
  t.is(state.journal.lastSeq, 1);
  t.like(run({ ...again, sequence: 3 }, 25 * hour), { kind: 'appended', isReplay: false });
});

test('a leader whose clock is a day ahead makes no idempotency key a day older', t => {
  const state = createReplicatedState();
  const named = { idempotencyKey: 'order', fingerprint: 'f1' };
  const entries = [
    { term: 1, wallMs: 1000, command: open },
    { term: 1, wallMs: 1000, command: put(named) },
    { term: 2, wallMs: 25 * hour, command: put({ ...named, sequence: 2 }) },
  ];
  const results = entries.map(({ term, wallMs, command }, place) => {
    const payload = encodeCommand(command);
    return applyEntry(state, { index: place + 1, term, wallMs, kind: 'command', payload })?.result;
  });
  t.like(results[2], { kind: 'appended', isReplay: true, placement: { index: 2 } });
});

/** A log of one session whose idempotency keys have room for `room`; one is promised a minute. */
function namedPuts(room: number) {
  const idempotency = { promisedMs: minute, lifetimeMs: 24 * hour, maxBytes: room * bytesPerUse };
  const { run, state } = logOn(createReplicatedState({ ...stateLimits, idempotency }));
  let sequence = 0;
  run(open, 0);
  const putNamed = (name: string, atMs: number): Result | undefined => {
    sequence += 1;
    const batchId = `batch-${sequence}`;
    const named = { idempotencyKey: name, fingerprint: name, batchId };
    return run(put({ sequence, ackedBelow: sequence, ...named }), atMs);
  };
  return { run, state, putNamed };
}

test('no idempotency key goes before its promised time: new ones are turned away', t => {
  const { state, putNamed } = namedPuts(3);
  for (const [place, name] of ['a', 'b', 'c'].entries()) {
    t.like(putNamed(name, 1000 * place), { isReplay: false, windowMs: 24 * hour });
  }
  t.deepEqual(putNamed('d', 10_000), { kind: 'idempotencyFull' });
  t.is(state.journal.lastSeq, 3);
  t.deepEqual(state.journal.withoutEffect, [5]);
  t.like(putNamed('a', 11_000), { isReplay: true, placement: { first: 1 } });
  // The first one is old enough now, and tells how far back the others reach.
  t.like(putNamed('d', minute), { isReplay: false, windowMs: minute });
  t.deepEqual(putNamed('e', minute), { kind: 'idempotencyFull' });
  t.like(putNamed('b', minute + 500), { isReplay: true, windowMs: minute + 500 });
  t.like(putNamed('e', minute + 1000), { isReplay: false, windowMs: minute });
});

test('the room for idempotency keys is what the log says, and shrinks without a broken promise', t => {
  const { run, state, putNamed } = namedPuts(2);
  putNamed('a', 0);
  putNamed('b', 0);
  t.deepEqual(putNamed('c', 0), { kind: 'idempotencyFull' });
  run({ kind: 'tick', idempotencyMaxBytes: 3 * bytesPerUse }, 0);
  t.like(putNamed('c', 0), { isReplay: false });
  run({ kind: 'tick', idempotencyMaxBytes: bytesPerUse }, 0);
  t.like(putNamed('a', 1000), { isReplay: true });
  t.deepEqual(putNamed('d', 1000), { kind: 'idempotencyFull' });
  t.like(putNamed('d', minute), { isReplay: false });
  t.is(state.keys.uses.size, 1);
});

test('idempotency keys of a snapshot of version 0.1 are remembered, by how old their stamps are', t => {
  const builder = new StateBuilder();
  const placement = { batchId: 'old', first: 1, last: 1, term: 1, index: 2 };
  const clock = { nowMs: 5000, term: 1, wallMs: 100 * hour };
  const use = { fingerprint: 'f', placement, wallMs: 99 * hour };
  const head = { t: 'head', appliedIndex: 2, clock, lastSeq: 1, batchCount: 1 } as const;
  builder.add({ ...head, oldestRevision: 0 });
  builder.add({ t: 'session', id: 1, floor: 0 });
  builder.add({ t: 'uses', items: [['order', use]] });
  const state = builder.finish();
  const again = put({ idempotencyKey: 'order', fingerprint: 'f' });
  const entry = { term: 1, kind: 'command', payload: encodeCommand(again) } as const;
  const first = applyEntry(state, { ...entry, index: 3, wallMs: 122 * hour });
  t.like(first?.result, { kind: 'appended', isReplay: true, placement });
  const later = encodeCommand({ ...again, sequence: 2 });
  const second = applyEntry(state, { ...entry, payload: later, index: 4, wallMs: 123 * hour });
  t.like(second?.result, { kind: 'appended', isReplay: false });
});

test('bytes that are no command have no effect, whatever they are', t => {
  const { apply, state } = logOn();
  const bad = [
    new Uint8Array(0),
    new Uint8Array([0, 0, 0, 9, 1]),
    new TextEncoder().encode('\0\0\0\x02{}'),
    encodeCommand(put({ count: -1 })),
    encodeCommand(put({ count: 0 })),
    encodeCommand(put({ batchId: 'x'.repeat(300) })),
    encodeCommand(put({ sequence: 1.5 })),
    encodeCommand({ kind: 'unknown' } as never),
  ];
  for (const bytes of bad) t.deepEqual(apply(bytes), { kind: 'malformed' });
  t.is(state.journal.lastSeq, 0);
  t.is(state.appliedIndex, bad.length);
});

test('what is remembered is bounded', t => {
  const limits = {
    ...stateLimits,
    rememberedBatchesMax: 5,
    answersPerSessionMax: 5,
    idempotency: { promisedMs: 0, lifetimeMs: hour, maxBytes: 5 * bytesPerUse },
  };
  const { run, state } = logOn(createReplicatedState(limits));
  run(open);
  for (let sequence = 1; sequence <= 50; sequence += 1) {
    run(put({ sequence, ackedBelow: 1, batchId: `b${sequence}`, idempotencyKey: `k${sequence}` }));
  }
  t.is(state.journal.byBatchId.size, 5);
  t.is(state.keys.uses.size, 5);
  t.is(state.sessions.byId.get(1)?.answers.size, 5);
  t.is(state.journal.lastSeq, 50);
});
