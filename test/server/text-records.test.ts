import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { LogIndex, NodeId, Term } from '../../src/consensus/types.ts';
import { TextRecords } from '../../src/server/text-records.ts';

const before = 'NO-OP 1\nSET name1 Jaggu 1\n';

/** A folder in which a server has kept records, readable by everybody as they once were. */
function recordsOf(t: ExecutionContext): { root: string; folder: string } {
  const root = mkdtempSync(join(tmpdir(), 'gossip-raft-records-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'logs_node_0');
  mkdirSync(folder);
  writeFileSync(join(folder, 'logs.txt'), before);
  chmodSync(join(folder, 'logs.txt'), 0o644);
  return { root, folder };
}

function startAndStop(root: string, isNew: boolean, lineCount = 0): string[] {
  const kept: string[] = [];
  const records = new TextRecords({
    self: 'n0' as NodeId,
    root,
    lineCount,
    isNew,
    onKept: path => kept.push(path),
    standing: () => ({ term: 1 as Term, commitIndex: 0 as LogIndex, vote: undefined }),
    onFailure: error => {
      throw error;
    },
  });
  records.close();
  return kept;
}

test('a start with an empty data directory keeps the lines of before aside, each time', t => {
  const { root, folder } = recordsOf(t);
  const path = join(folder, 'logs.before.txt');
  t.deepEqual(startAndStop(root, true), [path]);
  t.is(readFileSync(path, 'utf8'), before);
  t.is(readFileSync(join(folder, 'logs.txt'), 'utf8'), '');
  t.deepEqual(startAndStop(root, true), [], 'there is nothing to keep');

  writeFileSync(join(folder, 'logs.txt'), 'NO-OP 7\n');
  t.deepEqual(startAndStop(root, true), [join(folder, 'logs.before.2.txt')]);
  t.is(readFileSync(path, 'utf8'), before);
});

test('a start with the old directory writes what is applied anew anew, and keeps nothing', t => {
  const { root, folder } = recordsOf(t);
  t.deepEqual(startAndStop(root, false, 1), []);
  t.is(readFileSync(join(folder, 'logs.txt'), 'utf8'), 'NO-OP 1\n');
});

test('nobody else may read the records', t => {
  const { root, folder } = recordsOf(t);
  startAndStop(root, true);
  startAndStop(root, false);
  const names = readdirSync(folder);
  t.deepEqual(
    names.toSorted((a, b) => (a < b ? -1 : 1)),
    ['dump.txt', 'logs.before.txt', 'logs.txt', 'metadata.txt'],
  );
  for (const name of names) t.is(statSync(join(folder, name)).mode & 0o777, 0o600, name);
});
