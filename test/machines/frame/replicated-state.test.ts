import test from 'ava';
import { utf8BytesOf } from '../../../src/codec/byte-string.ts';
import { encodeCommand } from '../../../src/machines/frame/command.ts';
import {
  applyEntry,
  createReplicatedState,
  nextDueMs,
  stateLimits,
  UnreadableEntry,
} from '../../../src/machines/frame/replicated-state.ts';
import type { Result } from '../../../src/machines/frame/result.ts';
import { bytesPerUse } from '../../../src/machines/frame/use-table.ts';
import { knownLevel } from '../../../src/machines/transaction.ts';
import { acquire, add, append, LogOn, put, textOf } from './log-on.ts';

/** Of an answer to the append of one object, whose batch's id is a letter. */
const answerBytes = 10;
const minute = 60 * 1000;
const hour = 60 * minute;

const opened = (state = createReplicatedState()): LogOn => {
  const log = new LogOn(state);
  log.open();
  return log;
};

/** The single answer of a transaction that was done, or done before. */
function answerOf(result: Result | undefined): object | undefined {
  if (result?.type === 'remembered') return answerOf(result.result);
  return result?.type === 'done' ? result.answers[0] : undefined;
}

test('the id of a session is the index of its entry; objects count on over all sessions', t => {
  const log = new LogOn();
  t.is(log.open(), 1);
  t.is(log.open(), 2);
  const first = log.entry([{ sequence: 1, transaction: { success: [append('a', 3)] } }], {
    session: 1,
  });
  t.like(answerOf(first[0]?.result), { first: 1, last: 3 });
  const second = log.entry([{ sequence: 1, transaction: { success: [append('b')] } }]);
  t.like(answerOf(second[0]?.result), { first: 4, last: 4 });
  t.like(log.journal.byBatchId.get('a'), { first: 1, last: 3, term: 1, index: 3 });
});

test('a repeated transaction has its first answer and no second effect', t => {
  const log = opened();
  const item = { sequence: 5, transaction: { success: [append('a'), add('n', 7)] } };
  const [first] = log.entry([item]);
  t.like(first, { session: 1, sequence: 5, hadEffect: true, result: { type: 'done' } });
  const before = textOf(log.state).length;
  const [second] = log.entry([item]);
  t.deepEqual(second, { ...first, hadEffect: false } as never);
  t.is(log.journal.lastSeq, 1);
  t.is(log.value('n'), '7');
  t.is(textOf(log.state).length, before);
});

test('the same sequence twice in one entry counts once', t => {
  const log = opened();
  const item = { sequence: 1, transaction: { success: [add('n', 1)] } };
  const [first, second, third] = log.entry([item, item, { ...item, sequence: 2 }]);
  t.deepEqual(second?.result, first?.result);
  t.deepEqual(
    [first, second, third].map(one => one?.hadEffect),
    [true, false, true],
  );
  t.is(log.value('n'), '2');
});

test('transactions of one entry: each has an answer of its own, an aborted one touches no other', t => {
  const log = opened();
  log.do(put('text', 'x'));
  const aborted = { success: [put('trace', '1'), append('lost'), add('text', 1)] };
  const outcomes = log.entry([
    { sequence: 11, transaction: { success: [add('n', 1), append('a')] } },
    { sequence: 12, transaction: aborted },
    { sequence: 13, transaction: { success: [add('n', 1), append('b')] } },
  ]);
  t.deepEqual(
    outcomes.map(({ sequence, hadEffect }) => [sequence, hadEffect]),
    [
      [11, true],
      [12, false],
      [13, true],
    ],
  );
  t.deepEqual(outcomes[1]?.result, { type: 'aborted', place: 2, reason: 'notANumber' });
  t.like(outcomes[2]?.result, { answers: [{ item: { value: '2' } }, { first: 2, last: 2 }] });
  t.is(log.value('trace'), undefined);
  t.is(log.journal.byBatchId.get('lost'), undefined);
  t.deepEqual(
    [...log.journal.places.capture()].map(({ first, item }) => [first, item]),
    [
      [1, 0],
      [2, 2],
    ],
  );
});

test('all of a transaction happens or nothing of it, in every machine', t => {
  const log = opened();
  log.do(put('text', 'x'), acquire('held', 'x'));
  const before = textOf(log.state);
  const { token, states } = log.state;
  const success = [
    put('a', '1'),
    append('b'),
    { op: 'leases.grant', ttlMs: 1000 } as const,
    acquire('free', 'y'),
    acquire('held', 'y'),
  ];
  t.deepEqual(log.transact({ success }), { type: 'aborted', place: 4, reason: 'lockHeld' });
  t.is(log.state.token, token);
  t.is(log.state.states, states);
  // Nothing but the answer itself, and how far the log is applied.
  t.not(textOf(log.state), before);
  t.like(log.do(put('a', '1'), append('b')), [{ item: { version: 1 } }, { first: 1 }]);
});

test('a comparison that cannot be made aborts its transaction, and not the server', t => {
  const log = opened();
  for (let count = 0; count < 101; count += 1) {
    log.do(...Array.from({ length: 1000 }, (_, place) => put(`k${count}/${place}`, 'x')));
  }
  const all = { start: utf8BytesOf('k'), end: utf8BytesOf('l') };
  const compare = [{ on: 'keys.version', ...all, is: '=', number: 1 } as const];
  const { appliedIndex } = log.state;
  t.deepEqual(log.transact({ compare, success: [append('a')] }), {
    type: 'aborted',
    place: undefined,
    reason: 'rangeTooLarge',
  });
  t.is(log.state.appliedIndex, appliedIndex + 1);
  t.is(log.journal.lastSeq, 0);
});

test('an answer is kept until the client has it, and then forgotten for good', t => {
  const log = opened();
  const item = { sequence: 1, transaction: { success: [append('a')] } };
  log.entry([item]);
  log.entry([{ sequence: 2, transaction: { success: [append('b')] } }], { ackedBelow: 2 });
  const [again] = log.entry([item]);
  t.like(again, { result: { type: 'sessionExpired' }, hadEffect: false });
  t.is(log.journal.lastSeq, 2);
});

test('an unknown session has no effect, whatever shares the entry', t => {
  const log = opened();
  const outcomes = log.entry(
    [1, 2].map(sequence => ({ sequence, transaction: { success: [append('a')] } })),
    { session: 99 },
  );
  for (const { result } of outcomes) t.deepEqual(result, { type: 'sessionExpired' });
  t.is(outcomes.length, 2);
  t.is(log.journal.lastSeq, 0);
});

test('the longest unused session is forgotten when there are too many', t => {
  const sessions = { ...stateLimits.sessions, sessionsMax: 2 };
  const log = opened(createReplicatedState({ ...stateLimits, sessions }));
  log.open();
  const from = (session: number, sequence: number) =>
    log.entry([{ sequence, transaction: { success: [append('a')] } }], { session })[0]?.result;
  from(1, 1);
  log.open();
  t.like(from(1, 2), { type: 'done' });
  t.deepEqual(from(2, 1), { type: 'sessionExpired' });
});

const named = (key: string, fingerprint = 'f1') => ({ key, fingerprint });

test('an idempotency key holds for every kind of write, over sessions and snapshots', t => {
  const log = opened();
  const other = log.session;
  log.open();
  log.do(put('held', 'x'));
  const writes = {
    put: [put('a', '1')],
    delete: [
      {
        op: 'keys.delete',
        start: utf8BytesOf('held'),
        end: utf8BytesOf('held0'),
        wantsPrevious: true,
      } as const,
    ],
    add: [add('n', 1)],
    append: [append('a', 2)],
    lock: [acquire('l', 'x')],
    lease: [{ op: 'leases.grant', ttlMs: 1000 } as const],
    all: [put('b', '1'), add('n', 1), append('b'), acquire('m', 'x')],
  };
  const first = new Map<string, Result>();
  for (const [name, success] of Object.entries(writes)) {
    const result = log.transact({ success }, named(name));
    t.like(result, { type: 'remembered', isReplay: false, index: log.state.appliedIndex });
    first.set(name, result);
  }
  log.restart();
  const { states, token } = log.state;
  let sequence = 0;
  for (const [name, success] of Object.entries(writes)) {
    sequence += 1;
    const item = { sequence, named: named(name), transaction: { success } };
    const [again] = log.entry([item], { session: other });
    t.deepEqual(again?.result, { ...first.get(name), isReplay: true } as never, name);
    t.false(again?.hadEffect);
    const changed = { ...item, sequence: sequence + 100, named: named(name, 'f2') };
    const [reused] = log.entry([changed], { session: other });
    t.like(reused, { result: { type: 'keyReused' }, hadEffect: false });
  }
  t.is(log.state.states, states);
  t.is(log.state.token, token);
});

test('the same idempotency key twice in one entry, of two callers, counts once', t => {
  const log = opened();
  const item = { named: named('order'), transaction: { success: [add('n', 1)] } };
  const [first, second] = log.entry([
    { sequence: 1, ...item },
    { sequence: 2, ...item },
  ]);
  t.like(first?.result, { type: 'remembered', isReplay: false });
  t.like(second?.result, { type: 'remembered', isReplay: true, index: 2 });
  t.is(log.value('n'), '1');
});

test('what could not be done is not remembered under its key: tried again, it may be done', t => {
  const log = opened();
  log.do(put('n', 'x'));
  const count = () => log.transact({ success: [add('n', 1)] }, named('order'));
  t.like(count(), { type: 'aborted', reason: 'notANumber' });
  log.do(put('n', '1'));
  t.like(count(), { type: 'remembered', isReplay: false });
  t.like(count(), { type: 'remembered', isReplay: true });
  t.is(log.value('n'), '2');
});

test('an idempotency key holds for a day of log time', t => {
  const log = opened();
  const order = (fingerprint?: string) =>
    log.transact({ success: [append('a')] }, named('order', fingerprint));
  order();
  log.wallMs += 23 * hour;
  t.like(order(), { isReplay: true, term: 1, index: 2, windowMs: 24 * hour });
  t.like(order('f2'), { type: 'keyReused' });
  t.is(log.journal.lastSeq, 1);
  log.wallMs += hour;
  t.like(order(), { isReplay: false, index: log.state.appliedIndex });
});

test('a leader whose clock is a day ahead makes no idempotency key a day older', t => {
  const log = opened();
  log.transact({ success: [append('a')] }, named('order'));
  log.term = 2;
  log.wallMs += 25 * hour;
  t.like(log.transact({ success: [append('a')] }, named('order')), { isReplay: true, index: 2 });
});

/** A log whose idempotency keys have room for `room` puts; one is promised a minute. */
function namedPuts(room: number) {
  const maxBytes = room * (bytesPerUse + answerBytes);
  const idempotency = { promisedMs: minute, lifetimeMs: 24 * hour, maxBytes };
  const log = opened(createReplicatedState({ ...stateLimits, idempotency }));
  const begin = log.wallMs;
  const putNamed = (name: string, atMs: number): Result => {
    log.wallMs = begin + atMs;
    return log.transact({ success: [append(name)] }, named(name, name));
  };
  return { log, putNamed, roomOf: (keys: number) => keys * (bytesPerUse + answerBytes) };
}

test('no idempotency key goes before its promised time: new ones are turned away', t => {
  const { log, putNamed } = namedPuts(3);
  for (const [place, name] of ['a', 'b', 'c'].entries()) {
    t.like(putNamed(name, 1000 * place), { isReplay: false, windowMs: 24 * hour });
  }
  t.deepEqual(putNamed('d', 10_000), { type: 'idempotencyFull' });
  t.is(log.journal.lastSeq, 3);
  t.like(putNamed('a', 11_000), { isReplay: true, index: 2 });
  // The first one is old enough now, and tells how far back the others reach.
  t.like(putNamed('d', minute), { isReplay: false, windowMs: minute });
  t.deepEqual(putNamed('e', minute), { type: 'idempotencyFull' });
  t.like(putNamed('b', minute + 500), { isReplay: true, windowMs: minute + 500 });
  t.like(putNamed('e', minute + 1000), { isReplay: false, windowMs: minute });
});

test('the room for idempotency keys is what the log says, and shrinks without a broken promise', t => {
  const { log, putNamed, roomOf } = namedPuts(2);
  putNamed('a', 0);
  putNamed('b', 0);
  t.deepEqual(putNamed('c', 0), { type: 'idempotencyFull' });
  log.tick([], roomOf(3));
  t.like(putNamed('c', 0), { isReplay: false });
  log.tick([], roomOf(1));
  t.like(putNamed('a', 1000), { isReplay: true });
  t.deepEqual(putNamed('d', 1000), { type: 'idempotencyFull' });
  t.like(putNamed('d', minute), { isReplay: false });
  t.is(log.state.idempotency.uses.size, 1);
});

test('values in answers have a room of their own, also those that idempotency keys bring back', t => {
  const sessions = { ...stateLimits.sessions, valuesMaxBytes: 5000 };
  const log = opened(createReplicatedState({ ...stateLimits, sessions }));
  log.do(put('a', 'x'.repeat(1000)));
  const range = { start: utf8BytesOf('a'), end: utf8BytesOf('b'), limit: 1, withValues: true };
  const read = { success: [{ op: 'keys.range', ...range } as const] };
  for (let sequence = 100; sequence < 150; sequence += 1) {
    log.entry([{ sequence, named: named('read'), transaction: read }]);
    t.true(log.state.sessions.valueBytes <= 5000);
  }
  t.true((log.state.sessions.byId.get(1)?.answers.size ?? 0) <= 5);
});

test('an entry that cannot be understood stops the server with a sentence, and is not behind it', t => {
  const log = opened();
  const before = textOf(log.state);
  const unknownOperation = Buffer.from([4, 1, 1, 1, 1, 0, 0, 1, 0xff, 0x7f, 0, 0]);
  const unreadable = {
    'a transaction of an operation that nobody here knows': unknownOperation,
    nothing: new Uint8Array(0),
    'a command of an unknown kind': Buffer.of(9, 1),
    'a higher level': encodeCommand({ type: 'raiseLevel', level: knownLevel + 1 }),
    'one byte too many': Buffer.concat([
      encodeCommand({ type: 'openSession', nonce: 'x' }),
      Buffer.of(0),
    ]),
  };
  for (const [what, payload] of Object.entries(unreadable)) {
    const error = t.throws(() => log.apply(payload), { instanceOf: UnreadableEntry }, what);
    t.regex(error?.message ?? '', /^entry 2 of the log cannot be understood by this version/);
    t.regex(error?.message ?? '', /; start a newer version here$/);
  }
  t.is(log.state.appliedIndex, 1);
  t.is(textOf(log.state), before);
});

test('the level of the commands rises, and never falls', t => {
  const log = opened();
  const levelAfter = (level: number): number => {
    log.run({ type: 'raiseLevel', level });
    return log.state.level;
  };
  t.is(levelAfter(knownLevel), knownLevel);
  t.is(levelAfter(1), knownLevel);
  log.restart();
  t.is(log.state.level, knownLevel);
});

test('a tick carries what the leader itself wants done; what cannot be done is left', t => {
  const log = opened();
  log.tick([{ op: 'leases.grant', ttlMs: 5 }, put('a', '1')]);
  t.is(log.value('a'), '1');
  const { states, token } = log.state;
  log.tick([
    put('b', '1'),
    { op: 'leases.grant', ttlMs: 5 },
    add('b', 1),
    put('c', 'x'),
    add('c', 1),
  ]);
  t.is(log.state.states, states);
  t.is(log.state.token, token);
  t.is(nextDueMs(log.state), undefined);
});

test('no operation ends more than a thousand leases', t => {
  const log = opened();
  const expire = (count: number) => {
    const leases = Array.from({ length: count }, (_, lease) => ({ lease, renewals: 0 }));
    log.tick([{ op: 'leases.expire', leases }]);
  };
  t.notThrows(() => expire(1000));
  t.throws(() => expire(1001), { instanceOf: RangeError });
});

test('tokens grow over everything that is granted, also twice in one entry', t => {
  const log = opened();
  const tokenOf = (name: string, place: number): number => {
    const answers = log.do(acquire(name, 'x'), { op: 'leases.grant', ttlMs: 9 });
    return Number((answers[place] as { token?: number; lease?: number }).token);
  };
  const tokens = ['a', 'b', 'c'].map(name => tokenOf(name, 0));
  t.deepEqual(
    tokens,
    [...tokens].sort((a, b) => a - b),
  );
  const held = tokens[0] ?? 0;
  const success = [{ op: 'keys.release', lock: 'a' as never, token: held } as const];
  const outcomes = log.entry([
    { sequence: 50, transaction: { success } },
    { sequence: 51, transaction: { success: [acquire('a', 'y')] } },
    { sequence: 52, transaction: { success } },
  ]);
  const granted = answerOf(outcomes[1]?.result) as { token: number };
  t.true(granted.token > Math.max(...tokens));
  t.like(outcomes[2]?.result, { type: 'aborted', reason: 'staleToken' });
  log.restart();
  t.is(log.state.token, granted.token);
});

test('a no-op is applied, and nothing passes', t => {
  const log = opened();
  const { clock } = log.state;
  const entry = {
    index: 2,
    term: 1,
    wallMs: 9000,
    kind: 'noop',
    payload: new Uint8Array(0),
  } as const;
  t.deepEqual(applyEntry(log.state, entry), []);
  t.is(log.state.appliedIndex, 2);
  t.is(log.state.clock, clock);
});

test('what is remembered is bounded', t => {
  const log = opened(
    createReplicatedState({
      ...stateLimits,
      sessions: { ...stateLimits.sessions, answersMax: 5 },
      idempotency: { promisedMs: 0, lifetimeMs: hour, maxBytes: 5 * (bytesPerUse + answerBytes) },
    }),
  );
  for (let sequence = 1; sequence <= 50; sequence += 1) {
    const transaction = { success: [append('b')] };
    log.entry([{ sequence, named: named(`k${sequence}`), transaction }]);
  }
  t.is(log.state.idempotency.uses.size, 5);
  t.is(log.state.sessions.byId.get(1)?.answers.size, 5);
  t.is(log.journal.lastSeq, 50);
});
