import test from 'ava';
import { endOfKey, utf8BytesOf } from '../../src/codec/byte-string.ts';
import { readKeys } from '../../src/host/key-reader.ts';
import { type Command, encodeCommand } from '../../src/state-machines/command.ts';
import {
  applyEntry,
  createReplicatedState,
  stateLimits,
} from '../../src/state-machines/replicated-state.ts';

const all = { start: Buffer.from(''), end: Buffer.from(''), limit: 10, withValues: false };

test('a read shows nothing that is past its end, removed or not, now and at that revision', t => {
  const state = createReplicatedState({ ...stateLimits, expiredPerEntryMax: 1 });
  const apply = (command: Command, wallMs: number): void => {
    const entry = { index: state.appliedIndex + 1, term: 1, wallMs, kind: 'command' as const };
    applyEntry(state, { ...entry, payload: encodeCommand(command) });
  };
  apply({ kind: 'openSession', nonce: 'n' }, 0);
  const names = ['a', 'b', 'c', 'd'];
  const set = (name: string) =>
    ({
      op: 'set',
      key: utf8BytesOf(name),
      value: utf8BytesOf(name),
      type: 'text/plain',
      ttlMs: name === 'd' ? undefined : 1000,
    }) as const;
  const frame = { session: 1, sequence: 1, ackedBelow: 1 };
  const nothing = { compare: [], failure: [] };
  apply({ kind: 'transact', ...frame, ...nothing, success: names.map(set) }, 0);
  const shown = (revision: number, range = all): string[] | undefined => {
    const answer = readKeys(state, { ...range, revision });
    return 'page' in answer ? answer.page.entries.map(({ key }) => key.toString()) : undefined;
  };
  const only = (name: string) => ({
    ...all,
    start: Buffer.from(name),
    end: Buffer.from(endOfKey(utf8BytesOf(name)), 'latin1'),
  });
  t.deepEqual(shown(0), names);
  apply({ kind: 'tick' }, 1000);
  t.is(state.keyValues.contents.keys.size, 3, 'two that are past their end are still there');
  for (const revision of [0, 3]) {
    t.deepEqual(shown(revision), ['d']);
    t.deepEqual(shown(revision, only('c')), []);
    t.deepEqual(shown(revision, only('d')), ['d']);
  }
  apply({ kind: 'tick' }, 1000);
  apply({ kind: 'tick' }, 1000);
  t.is(state.keyValues.contents.keys.size, 1);
  t.deepEqual(shown(3), ['d']);
  t.deepEqual(shown(2), names);
  t.deepEqual(shown(2, only('c')), ['c']);
});
