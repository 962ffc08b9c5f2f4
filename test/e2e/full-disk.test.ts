import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

const mebibyte = 1024 * 1024;

/** A small disk of its own; undefined where this user may mount none. */
function smallDisk(t: ExecutionContext): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'gossip-raft-disk-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', path], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  t.teardown(() => execFileSync('umount', ['-l', path]));
  return path;
}

/** Takes all that is left. */
function fillUp(disk: string, name: string): string {
  const { bavail, bsize } = statfsSync(disk);
  const path = join(disk, name);
  writeFileSync(path, Buffer.alloc(bavail * bsize));
  return path;
}

test('a full disk refuses writes and nothing else, also after a restart, and recovers by itself', async t => {
  const disk = smallDisk(t);
  if (disk === undefined) {
    t.log('SKIPPED: no file system can be mounted here');
    t.pass();
    return;
  }
  const cluster = await TestCluster.create(t, { limits: { snapshotIntervalBytes: mebibyte } });
  symlinkSync(disk, join(cluster.folder, 'data'));
  const ids = ['n0', 'n1', 'n2'];
  for (const id of ids) cluster.startServer(id);
  cluster.startClient();
  await cluster.leader();
  t.is((await cluster.put([{ before: 1 }])).status, 200);

  const isRefused = async (): Promise<boolean> => {
    const { status, body } = await cluster.put([{ during: 1 }]);
    const { code, outcome } = body as unknown as { code?: string; outcome?: string };
    return status === 507 && code === 'diskFull' && outcome === 'rejected';
  };
  const isRead = async (): Promise<void> => {
    const { status, body } = await cluster.get<{ entries: readonly unknown[] }>(
      '/v1/entries?from=1',
    );
    t.is(status, 200);
    t.true(body.entries.length >= 1);
  };
  const filler = fillUp(disk, 'filler');
  await until('writes are refused', isRefused);
  await isRead();
  const { health, reason } = await until('all three say so', async () => {
    const view = await cluster.view();
    return view.reason.includes('n0, n1, n2 have a full disk') ? view : undefined;
  });
  t.is(health, 'YELLOW', reason);
  for (const id of ids) t.is(cluster.process(id).exitCode, null, `${id} lives`);

  for (const id of ids) await cluster.kill(id);
  const more = fillUp(disk, 'more');
  for (const id of ids) cluster.startServer(id);
  await cluster.leader();
  await isRead();
  await until('writes are still refused', isRefused);

  rmSync(filler);
  rmSync(more);
  await until('writes are taken', async () => (await cluster.put([{ after: 1 }])).status === 200);
  t.true(ids.some(id => /the disk has room again/.test(cluster.output(id))));
});
