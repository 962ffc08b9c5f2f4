import test from 'ava';
import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import { type Command, encodeCommand } from '../../src/state-machines/command.ts';
import { versionsAfter } from '../../src/state-machines/key-values.ts';
import { applyEntry, createReplicatedState } from '../../src/state-machines/replicated-state.ts';
import type { Result } from '../../src/state-machines/result.ts';
import {
  captureState,
  StateBuilder,
  type StateRecord,
} from '../../src/state-machines/state-capture.ts';
import { floorBeyond, raisedTo } from '../../src/state-machines/state-floor.ts';
import type { Operation } from '../../src/state-machines/transaction.ts';

const key = utf8BytesOf('a');
const set = (value: string): Operation => ({
  op: 'set',
  key,
  value: utf8BytesOf(value),
  type: 'text/plain',
  ttlMs: undefined,
});
const acquire = (lock: string, holder: string): Operation => ({
  op: 'acquire',
  lock,
  holder,
  ttlMs: 1000,
});

function logOn(state = createReplicatedState()) {
  let sequence = 0;
  const run = (command: Command, wallMs = 1): Result | undefined => {
    const entry = { index: state.appliedIndex + 1, term: 1, wallMs, kind: 'command' as const };
    return applyEntry(state, { ...entry, payload: encodeCommand(command) })?.result;
  };
  const transact = (session: number, success: Operation[], wallMs?: number): Result | undefined => {
    sequence += 1;
    const frame = { session, sequence, ackedBelow: sequence };
    return run({ kind: 'transact', ...frame, compare: [], success, failure: [] }, wallMs);
  };
  return { state, run, transact };
}

const open = { kind: 'openSession', nonce: 'x' } as const;

test('a restored state gives out nothing that the old one has given out or may yet give out', t => {
  const old = logOn();
  old.run(open);
  old.transact(1, [set('1'), acquire('held', 'x'), acquire('left', 'y')]);
  const backup: StateRecord[] = [...captureState(old.state)];
  // The old cluster goes on, and the watcher and the holders of tokens live with what it says.
  const goneOn = old.transact(1, [set('2')]);
  t.like(goneOn, { kind: 'transacted', revision: 3 });

  const floor = floorBeyond(2);
  const builder = new StateBuilder();
  for (const record of raisedTo(floor, backup)) builder.add(record);
  const restored = logOn(builder.finish());
  t.is(restored.state.appliedIndex, floor);
  t.deepEqual(restored.transact(1, [set('3')]), { kind: 'sessionExpired' });
  const opened = restored.run(open);
  t.like(opened, { kind: 'sessionOpened', session: floor + 2 });

  const answers = restored.transact(floor + 2, [set('4'), acquire('left', 'y')], 500);
  t.like(answers, { revision: floor + 3 });
  // What was held is still held under its token, to be given up with it; who comes next has more.
  t.like(answers, { answers: [{ record: { version: 2, createRevision: 2 } }, { token: 2 }] });
  t.like(restored.transact(floor + 2, [acquire('held', 'z')], 600), { reason: 'lockHeld' });
  const next = restored.transact(floor + 2, [acquire('held', 'z')], 5000);
  t.like(next, { answers: [{ op: 'locked', token: floor + 5 }] });

  for (const revision of [2, 3, floor - 1]) {
    t.is(versionsAfter(restored.state.keyValues, revision, 10), undefined, `after ${revision}`);
  }
  t.is(versionsAfter(restored.state.keyValues, floor, 10)?.length, 1);
});

test('a floor is one to two steps beyond the backup, also after many restores', t => {
  let index = 0;
  for (let restores = 0; restores < 4000; restores += 1) {
    const floor = floorBeyond(index);
    t.true(floor - index >= 1e12 && floor - index <= 2e12 && floor % 1e12 === 0);
    index = floor + restores;
  }
  t.true(Number.isSafeInteger(index));
});
