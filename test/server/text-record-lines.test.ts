import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Entry, LogIndex, NodeId, Term } from '../../src/consensus/types.ts';
import { type Command, encodeCommand } from '../../src/machines/frame/command.ts';
import { applyEntry, createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import { TextRecords } from '../../src/server/text-records.ts';
import { addTo, alone, only, putKey } from '../fixtures/commands.ts';

const add = (sequence: number, key: string): Command =>
  alone({ session: 1, sequence, ackedBelow: 0 }, only(addTo(key)));
const setText = alone({ session: 1, sequence: 2, ackedBelow: 0 }, only(putKey('t', 'x')));

/** Three callers in one entry. */
const shared: Command = {
  type: 'transact',
  session: 1,
  ackedBelow: 0,
  items: [addTo('n'), addTo('t'), putKey('u', 'x')].map((operation, place) => ({
    sequence: 4 + place,
    idempotency: undefined,
    transaction: only(operation),
  })),
};

test('the log for people tells what had its effect before, what could not be done, and what shares an entry', t => {
  const root = mkdtempSync(join(tmpdir(), 'gossip-raft-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const records = new TextRecords({
    self: 'n0' as NodeId,
    root,
    standing: () => ({ term: 1 as Term, commitIndex: 0 as LogIndex, vote: undefined }),
    lineCount: 0,
    isNew: true,
    onKept: () => t.fail('there was nothing'),
    onFailure: error => t.fail(error.message),
  });
  const state = createReplicatedState();
  const payloads = [
    encodeCommand({ type: 'openSession', nonce: 'n' }),
    encodeCommand(add(1, 'n')),
    encodeCommand(add(1, 'n')),
    encodeCommand(setText),
    encodeCommand(add(3, 't')),
    encodeCommand(shared),
  ];
  for (const [place, payload] of payloads.entries()) {
    const stamp = { index: place + 1, term: 1, wallMs: 1 };
    const entry = { ...stamp, kind: 'command', payload } as unknown as Entry;
    records.applied(entry, applyEntry(state, entry), false);
  }
  records.close();
  const lines = readFileSync(join(root, 'logs_node_0', 'logs.txt'), 'utf8').split('\n');
  t.deepEqual(lines, [
    'SESSION 1',
    'INCR n 1 1',
    'REPEATED INCR n 1 1',
    'SET t x 1',
    'REFUSED INCR t 1 1',
    'INCR n 1 1',
    '& REFUSED INCR t 1 1',
    '& SET u x 1',
    '',
  ]);
});

test('records that cannot be written any more do not keep a server from stopping', t => {
  const root = mkdtempSync(join(tmpdir(), 'gossip-raft-'));
  const failures: string[] = [];
  const records = new TextRecords({
    self: 'n0' as NodeId,
    root,
    standing: () => ({ term: 1 as Term, commitIndex: 0 as LogIndex, vote: undefined }),
    lineCount: 0,
    isNew: true,
    onKept: () => t.fail('there was nothing'),
    onFailure: ({ message }) => failures.push(message),
  });
  records.skippedTo(7, 1);
  rmSync(root, { recursive: true });
  records.close();
  records.close();
  t.is(failures.length, 1);
  t.regex(failures[0] ?? '', /ENOENT/);
});
