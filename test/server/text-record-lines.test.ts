import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import type { Entry, LogIndex, NodeId, Term } from '../../src/consensus/types.ts';
import { TextRecords } from '../../src/server/text-records.ts';
import { type Command, encodeCommand } from '../../src/state-machines/command.ts';
import { applyEntry, createReplicatedState } from '../../src/state-machines/replicated-state.ts';
import type { Operation } from '../../src/state-machines/transaction.ts';

const transact = (sequence: number, operation: Operation): Command => ({
  kind: 'transact',
  session: 1,
  sequence,
  ackedBelow: 0,
  compare: [],
  success: [operation],
  failure: [],
});
const add = (sequence: number, key: string): Command =>
  transact(sequence, { op: 'add', key: utf8BytesOf(key), by: 1 });
const text = { type: 'text/plain', ttlMs: undefined };
const setText = transact(2, {
  op: 'set',
  key: utf8BytesOf('t'),
  value: utf8BytesOf('x'),
  ...text,
});

test('the log for people tells what had its effect before, what could not be done, and what is none', t => {
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
    encodeCommand({ kind: 'openSession', nonce: 'n' }),
    encodeCommand(add(1, 'n')),
    encodeCommand(add(1, 'n')),
    encodeCommand(setText),
    encodeCommand(add(3, 't')),
    new Uint8Array(3),
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
    'MALFORMED 1',
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
