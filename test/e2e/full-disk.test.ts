import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { mebibyte } from '../../src/words.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

const ids = ['n0', 'n1', 'n2'];

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

type Rig = {
  readonly cluster: TestCluster;
  /** Of each server its own: what one gives back is no room for another one. */
  readonly diskOf: (id: string) => string;
  readonly isRefused: () => Promise<boolean>;
  readonly isTaken: () => Promise<boolean>;
};

async function rigOn(t: ExecutionContext): Promise<Rig | undefined> {
  const disks = ids.map(() => smallDisk(t));
  if (disks.includes(undefined)) {
    t.log('SKIPPED: no file system can be mounted here');
    t.pass();
    return undefined;
  }
  const cluster = await TestCluster.create(t, { limits: { snapshotIntervalBytes: mebibyte } });
  const root = join(cluster.folder, 'data');
  mkdirSync(root);
  for (const [place, id] of ids.entries()) symlinkSync(disks[place] ?? '', join(root, id));
  for (const id of ids) cluster.startServer(id);
  cluster.startClient();
  await cluster.leader();
  t.is((await cluster.put([{ before: 1 }])).status, 200);
  return {
    cluster,
    diskOf: id => disks[ids.indexOf(id)] ?? '',
    isRefused: async () => {
      const { status, body } = await cluster.put([{ during: 1 }]);
      const { code, outcome } = body as unknown as { code?: string; outcome?: string };
      return status === 507 && code === 'diskFull' && outcome === 'rejected';
    },
    isTaken: async () => (await cluster.put([{ after: 1 }])).status === 200,
  };
}

test.serial(
  'full disks refuse writes and nothing else, also after a restart, and recover by themselves',
  async t => {
    const rig = await rigOn(t);
    if (rig === undefined) return;
    const { cluster, diskOf, isRefused, isTaken } = rig;
    const isRead = async (): Promise<void> => {
      const { status, body } = await cluster.get<{ entries: readonly unknown[] }>(
        '/v1/entries?from=1',
      );
      t.is(status, 200);
      t.true(body.entries.length >= 1);
    };
    const fillers = ids.map(id => fillUp(diskOf(id), 'filler'));
    await until('writes are refused', isRefused);
    await isRead();
    const { health, reason } = await until('all three say so', async () => {
      const view = await cluster.view();
      return view.reason.includes('n0, n1, n2 have a full disk') ? view : undefined;
    });
    t.is(health, 'YELLOW', reason);
    for (const id of ids) t.is(cluster.process(id).exitCode, null, `${id} lives`);

    await cluster.kill(...ids);
    fillers.push(...ids.map(id => fillUp(diskOf(id), 'more')));
    for (const id of ids) cluster.startServer(id);
    await cluster.leader();
    await isRead();
    await until('writes are still refused', isRefused);

    for (const filler of fillers) rmSync(filler);
    await until('writes are taken', isTaken);
    t.true(ids.some(id => /the disk has room again/.test(cluster.output(id))));
  },
);

test.serial(
  'one full disk: a follower waits and catches up, a leader refuses until another one leads',
  async t => {
    const rig = await rigOn(t);
    if (rig === undefined) return;
    const { cluster, diskOf, isRefused, isTaken } = rig;
    const leader = await cluster.leader();
    const [follower = '', other = ''] = ids.filter(id => id !== leader);
    const filler = fillUp(diskOf(follower), 'filler');
    await until('it is said', async () =>
      (await cluster.view()).reason.includes(`${follower} has a full disk`),
    );
    t.true(await isTaken(), 'the others are a majority');
    rmSync(filler);
    await cluster.reaches('GREEN');
    const [own = []] = await cluster.entriesOfAll();
    t.true(own.length >= 2);

    const second = fillUp(diskOf(leader), 'filler');
    await until('the leader refuses', isRefused);
    await cluster.send('POST', '/v1/leader/transfer', JSON.stringify({ to: other }));
    await until('another one takes them', isTaken);
    rmSync(second);
    await cluster.reaches('GREEN');
  },
);

test.serial('a vote that finds no room, and no reserve, is one sentence and a stop', async t => {
  const rig = await rigOn(t);
  if (rig === undefined) return;
  const { cluster, diskOf, isRefused } = rig;
  for (const id of ids) fillUp(diskOf(id), 'filler');
  await until('writes are refused', isRefused);
  const leader = await cluster.leader();
  const others = ids.filter(id => id !== leader);
  for (const id of others) {
    for (const name of ['reserve', 'reserve-metadata']) {
      rmSync(join(diskOf(id), name), { force: true });
    }
    fillUp(diskOf(id), 'more');
  }
  await cluster.kill(leader);
  const stopped = await Promise.race(
    others.map(async id => ({ id, code: await cluster.exitOf(id) })),
  );
  t.is(stopped.code, 1);
  const said = cluster.output(stopped.id);
  t.regex(said, /cannot write to the metadata: the disk is full; make room and start again/);
  t.notRegex(said, /\n {4}at |Unhandled|Error:/);
});
