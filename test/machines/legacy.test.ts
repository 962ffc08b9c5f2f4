import test from 'ava';
import { encodeCommand } from '../../src/machines/frame/command.ts';
import { raisedState } from '../../src/machines/frame/raised-state.ts';
import {
  applyEntry,
  createReplicatedState,
  type ReplicatedState,
  UnreadableEntry,
} from '../../src/machines/frame/replicated-state.ts';
import { captureState, StateBuilder } from '../../src/machines/frame/state-records.ts';
import { type JournalState, journalSlot } from '../../src/machines/journal/journal.ts';
import { lockKey } from '../../src/machines/keys/reserved.ts';
import { type KeysState, keysSlot, newestRevision } from '../../src/machines/keys/state.ts';
import { type LeasesState, leaseKey, leasesSlot } from '../../src/machines/leases/lease-table.ts';
import { type OldGap, OldPlaces, oldAppend } from '../../src/machines/legacy/old-appends.ts';
import { type OldLog, oldLogs } from '../fixtures/old-logs.ts';

/*
 * Goal: wherever the snapshots of the servers of an old cluster were made, all of them come to the
 * same state of today. The logs and snapshots were written by the program as it was before.
 */

const raise = encodeCommand({ type: 'raiseLevel', level: 1 });
const raisedAt = (log: OldLog) => {
  const last = log.entries.at(-1);
  const { term, wallMs } = last ?? { term: 0, wallMs: 0 };
  return {
    ...{ index: log.entries.length + 1, term, wallMs: wallMs + 50 },
    ...{ kind: 'command' as const, payload: raise },
  };
};

/** A server of before whose snapshot reaches as far as `index`; 0: it has none. */
function restored(
  { entries, snapshots }: OldLog,
  index: number,
  gap: OldGap = { archive: { lastSeq: 0, throughIndex: 0 }, firstIndex: 1 },
): ReplicatedState {
  if (index === 0) return createReplicatedState();
  const builder = new StateBuilder();
  for (const record of snapshots.get(index) ?? []) builder.add(record);
  const state = builder.finish();
  const journal = state.old?.journal;
  if (journal === undefined) return state;
  const places = new OldPlaces(journal, gap);
  for (const entry of entries.slice((places.fromIndex ?? index + 1) - 1, index)) places.add(entry);
  if (places.fromIndex !== undefined) places.finish();
  return state;
}

function upgradedFrom(log: OldLog, index: number): ReplicatedState {
  const state = restored(log, index);
  for (const entry of log.entries.slice(index)) applyEntry(state, entry);
  applyEntry(state, raisedAt(log));
  return state;
}

const journalIn = (state: ReplicatedState): JournalState =>
  state.states[journalSlot.name] as JournalState;

const textOf = (state: ReplicatedState): string =>
  Buffer.concat([...captureState(state)]).toString('base64');

test('whatever snapshot a server of before begins with, it comes to the same state', t => {
  for (const log of oldLogs()) {
    const whole = upgradedFrom(log, 0);
    t.is(whole.old, undefined);
    t.is(whole.level, 1);
    for (const index of log.snapshots.keys()) {
      t.is(textOf(upgradedFrom(log, index)), textOf(whole), `a snapshot of entry ${index}`);
    }
  }
});

test('what was upgraded goes through a snapshot of today', t => {
  for (const log of oldLogs()) {
    const state = upgradedFrom(log, 0);
    const builder = new StateBuilder();
    for (const record of captureState(state)) builder.add(record);
    t.is(textOf(builder.finish()), textOf(state));
  }
});

/** The state of before, as it is at the moment of its upgrade. */
function beforeUpgrade(log: OldLog) {
  const before = restored(log, log.entries.length).old;
  if (before === undefined) throw new Error('there is a snapshot behind the last entry');
  const { term, wallMs } = raisedAt(log);
  const { clock, contents } = before;
  return { contents, nowMs: clock.nowMs + (clock.term === term ? wallMs - clock.wallMs : 0) };
}

const keysIn = (state: ReplicatedState): KeysState => state.states[keysSlot.name] as KeysState;
const grantedIn = (state: ReplicatedState): LeasesState['granted'] =>
  (state.states[leasesSlot.name] as LeasesState).granted;

test('keys of before keep values, versions, revisions and the time that they have left', t => {
  for (const log of oldLogs()) {
    const state = upgradedFrom(log, 0);
    const { contents, nowMs } = beforeUpgrade(log);
    for (const [key, { expiresAtMs, ...old }] of contents.keys.entries()) {
      const record = keysIn(state).keys.get(key.startsWith('\0') ? `\u0001${key}` : key);
      t.is(record === undefined, (expiresAtMs ?? nowMs + 1) <= nowMs);
      if (record === undefined) continue;
      t.like(record, old);
      const left = expiresAtMs === undefined ? undefined : expiresAtMs - nowMs;
      t.is(grantedIn(state).get(leaseKey(record.lease))?.ttlMs, left);
    }
    t.is(newestRevision(keysIn(state)), log.entries.length + 1);
  }
});

test('locks of before keep holders, tokens and the time that they have left', t => {
  for (const log of oldLogs()) {
    const state = upgradedFrom(log, 0);
    const { contents, nowMs } = beforeUpgrade(log);
    for (const [name, { holder, token, expiresAtMs }] of contents.locks.entries()) {
      const record = keysIn(state).keys.get(lockKey(name));
      t.is(record === undefined, expiresAtMs <= nowMs);
      if (record === undefined) continue;
      t.like(record, { value: Buffer.from(holder).toString('latin1'), token });
      t.is(grantedIn(state).get(leaseKey(record.lease))?.ttlMs, expiresAtMs - nowMs);
    }
    t.is(state.token, log.entries.length + 1 + grantedIn(state).size);
  }
});

test('every object of before is where the places say', t => {
  for (const log of oldLogs()) {
    const { places, lastSeq, byBatchId } = journalIn(upgradedFrom(log, 0));
    let next = 1;
    for (const { first, index, isOfFailure } of places.capture()) {
      t.is(first, next);
      const append = oldAppend(log.entries[index - 1]?.payload ?? Buffer.of(), isOfFailure);
      next += append?.count ?? Number.NaN;
    }
    t.is(next, lastSeq + 1);
    t.true(byBatchId.size > 0);
  }
});

test('what the archive lacks of a snapshot of before is found in the log', t => {
  for (const log of oldLogs()) {
    const { places, lastSeq: newest } = journalIn(upgradedFrom(log, 0));
    const all = [...places.capture()];
    for (const index of log.snapshots.keys()) {
      for (let throughIndex = 0; throughIndex <= index; throughIndex += 3) {
        const next = all.find(place => place.index > throughIndex);
        const lastSeq = next === undefined ? newest : next.first - 1;
        const state = restored(log, index, { archive: { lastSeq, throughIndex }, firstIndex: 1 });
        const expected = all.filter(place => place.index > throughIndex && place.index <= index);
        t.deepEqual([...(state.old?.journal.places.capture() ?? [])], expected);
      }
    }
  }
});

test('a log that begins with what is of today takes nothing of before', t => {
  const [log] = oldLogs();
  const old = log?.entries.find(({ kind }) => kind === 'command');
  if (old === undefined) throw new Error('there is a command');
  const state = createReplicatedState();
  const entry = { index: 1, term: 1, wallMs: 1, kind: 'command' as const };
  applyEntry(state, {
    ...entry,
    payload: encodeCommand({ type: 'openSession', nonce: 'n' }),
  });
  t.throws(() => applyEntry(state, { ...old, index: 2 }), { instanceOf: UnreadableEntry });
});

test('what is of today has no effect on a state of before, as at a server of before', t => {
  const [log] = oldLogs();
  if (log === undefined) throw new Error('there is a log');
  const state = restored(log, 40);
  const index = log.entries.length + 1;
  const at = { term: 99, wallMs: 1, kind: 'command' as const };
  const put = {
    ...{ op: 'keys.put', key: 'new', value: '1', type: 'text/plain' },
    ...{ ttlMs: undefined, lease: undefined, wantsPrevious: false },
  };
  const transaction = { compare: [], success: [put], failure: [] } as never;
  const items = [{ sequence: 1, idempotency: undefined, transaction }];
  const outcomes = applyEntry(state, {
    ...{ ...at, index: 41 },
    payload: encodeCommand({ type: 'transact', session: 2, ackedBelow: 0, items }),
  });
  t.like(outcomes[0], { hadEffect: false, result: { type: 'sessionExpired' } });
  for (const entry of log.entries.slice(40)) applyEntry(state, entry);
  applyEntry(state, raisedAt(log));
  t.is(state.appliedIndex, index);
  t.is(textOf(state), textOf(upgradedFrom(log, 0)));
});

test('a key of before is remembered by itself, and its answer is one of today', t => {
  for (const log of oldLogs()) {
    const state = upgradedFrom(log, 0);
    const { uses } = state.idempotency;
    for (const key of ['k0', 'k1', 'k2', 'k3', 'k4', 'k5']) {
      const use = uses.find(key, 'whatever it is used for');
      if (use === undefined) continue;
      t.true(use.isSame);
      const payload = encodeCommand({ type: 'openSession', nonce: 'n' });
      const index = state.appliedIndex + 1;
      const at = { index, term: 100, wallMs: 0, kind: 'command' as const };
      applyEntry(state, { ...at, payload });
      const append = {
        ...{ op: 'journal.append', batchId: 'again', count: 1, data: Buffer.from('[{}]') },
      };
      const transaction = { compare: [], success: [append], failure: [] } as never;
      const idempotency = { key, fingerprint: 'whatever it is used for' };
      const [outcome] = applyEntry(state, {
        ...{ ...at, index: index + 1 },
        payload: encodeCommand({
          ...{ type: 'transact', session: index, ackedBelow: 0 },
          items: [{ sequence: 1, idempotency, transaction }],
        }),
      });
      t.is(outcome?.result.type, 'remembered');
      t.is(outcome?.hadEffect, false);
    }
  }
});

/** As version 0.1 wrote it. */
function oldPayload(header: object, data = ''): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, Buffer.from(data)]);
}

test('a batch id that came twice has one row, wherever the snapshots of before were made', t => {
  const frame = { session: 1, ackedBelow: 0 };
  const put = { kind: 'put', batchId: 'again', count: 1, ...frame };
  const state = createReplicatedState();
  const payloads = [
    oldPayload({ kind: 'openSession', nonce: 'n' }),
    oldPayload({ ...put, sequence: 1 }, '[{"a":1}]'),
    oldPayload({ ...put, sequence: 2 }, '[{"a":2}]'),
    raise,
  ];
  for (const [place, payload] of payloads.entries()) {
    applyEntry(state, { index: place + 1, term: 1, wallMs: place, kind: 'command', payload });
  }
  const { byBatchId, lastSeq } = journalIn(state);
  t.is(lastSeq, 2);
  t.is(byBatchId.size, 1);
  t.like(byBatchId.get('again'), { first: 2, index: 3 });
});

test('a backup of before is raised beyond all that it has given out', t => {
  const [log] = oldLogs();
  if (log === undefined) throw new Error('there is a log');
  const floor = 1e12;
  const state = raisedState(restored(log, log.entries.length), floor);
  t.is(state.level, 1);
  t.is(state.old, undefined);
  t.is(newestRevision(state.states[keysSlot.name] as KeysState), floor);
  t.true(state.token >= floor);
  t.notThrows(() => textOf(state));
});
