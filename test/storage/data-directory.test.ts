import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
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
import { noPosition } from '../../src/consensus/position.ts';
import type { LogIndex, Term } from '../../src/consensus/types.ts';
import { openDataDirectory } from '../../src/storage/data-directory.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import { openServerStorage } from '../../src/storage/server-storage.ts';
import { until } from '../fixtures/until.ts';
import { entry } from './crash-points.ts';

const owner = { clusterName: 'test', nodeId: 'n0' };

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gossip-raft-data-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}
const sorted = (names: readonly string[]): string[] => names.toSorted((a, b) => (a < b ? -1 : 1));
const stateOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';

test('what was being made when a process died is swept at the next start, and nothing else', t => {
  const path = folder(t);
  openDataDirectory(path, owner, nodeFileSystem).lock.release();
  const dead = ['snapshot.new', 'entries.new', 'metadata.json.new', 'snapshot.part'];
  const drafts = ['lock.999999999', 'lock.dead.999999999'];
  const kept = [`lock.${process.ppid}`, 'new', 'notes.newer', 'lock.txt'];
  for (const name of [...dead, ...drafts, ...kept]) writeFileSync(join(path, name), '{}');
  const { lock, isNew } = openDataDirectory(path, owner, nodeFileSystem);
  t.false(isNew);
  t.deepEqual(sorted(readdirSync(path)), sorted(['lock', 'metadata.json', ...kept]));
  lock.release();
});

test('a lock whose owner is dead and not yet reaped is none', async t => {
  if (!existsSync('/proc/self/stat')) {
    t.log('SKIPPED: this system has no /proc');
    t.pass();
    return;
  }
  const path = folder(t);
  // The shell becomes a sleep, which never asks for the exit code of its child.
  const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60']);
  t.teardown(() => parent.kill('SIGKILL'));
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line).trim());
  await until('the owner is a zombie', () => stateOf(pid) === 'Z');
  writeFileSync(join(path, 'lock'), JSON.stringify({ pid, startedAt: '' }));
  t.notThrows(() => openDataDirectory(path, owner, nodeFileSystem).lock.release());
  writeFileSync(join(path, 'lock'), JSON.stringify({ pid: process.ppid, startedAt: '' }));
  t.throws(() => openDataDirectory(path, owner, nodeFileSystem), { message: /in use by process/ });
});

test('nobody but the owner may read what a server keeps', t => {
  const path = join(folder(t), 'n0');
  openDataDirectory(path, owner, nodeFileSystem).lock.release();
  t.is(statSync(path).mode & 0o777, 0o700);
  t.is(statSync(join(path, 'metadata.json')).mode & 0o777, 0o600);
});

test('metadata that is older than the log beside it is refused', async t => {
  const path = join(folder(t), 'n0');
  const open = () =>
    openServerStorage({
      ...owner,
      dataDirectory: path,
      tailMaxBytes: 1000,
      segmentMaxBytes: 1000,
      reserveBytes: 1,
      listener: { persisted: () => undefined, failed: error => t.fail(error.message) },
      load: async () => ({ position: noPosition, isFetched: false, damaged: [] }),
    });
  const first = await open();
  const old = readFileSync(join(path, 'metadata.json'));
  first.metadata.persistVote(3 as Term, undefined);
  first.log.append([entry(1, 3)], 0);
  await first.close();
  const again = await open();
  t.is(again.recovered.lastIndex, 1 as LogIndex);
  await again.close();
  writeFileSync(join(path, 'metadata.json'), old);
  await t.throwsAsync(open(), { message: /older than the log beside it \(term 0, .*term 3/ });
});
