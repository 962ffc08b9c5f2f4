import { cpSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

test('a directory that is put back from an older copy stops its server at every start, until it is replaced', async t => {
  t.timeout(90_000);
  const cluster = await TestCluster.start(t);
  const directory = join(cluster.folder, 'data', 'n1');
  const copyOf = (boot: number): string => join(cluster.folder, `copy-${boot}`);
  for (const boot of [1, 2]) {
    await cluster.kill('n1');
    cpSync(directory, copyOf(boot), { recursive: true });
    cluster.startServer('n1');
    await cluster.reaches('GREEN');
    t.is((await cluster.put([{ boot }])).status, 200);
  }
  const before = await cluster.entries();
  for (const boot of [2, 1]) {
    if (boot === 2) await cluster.kill('n1');
    cluster.wipe('n1');
    cpSync(copyOf(boot), directory, { recursive: true });
    // Each start counts a boot: so the copy would have caught up with the others' knowledge of it.
    for (let start = 1; start <= 3; start += 1) {
      cluster.startServer('n1');
      t.not(await cluster.exitOf('n1'), 0, `copy of boot ${boot}, start ${start}`);
      t.regex(cluster.output('n1'), /put back from an older copy.*member replace n1/s);
    }
  }
  t.is((await cluster.send('POST', '/v1/members/n1/replace', '{}')).status, 202);
  cluster.wipe('n1');
  cluster.startServer('n1');
  await cluster.reaches('GREEN');
  const after = await until('n1 has everything again', async () => {
    const found = await cluster.entries('n1').catch(() => undefined);
    return found?.length === before.length ? found : undefined;
  });
  t.deepEqual(after, before);
});

test('an older copy that is started together with one who was away loses nothing of what was acknowledged', async t => {
  t.timeout(90_000);
  const cluster = await TestCluster.start(t);
  const stopAll = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) cluster.signal(id, 'SIGTERM');
    for (const id of ids) await cluster.exitOf(id);
  };
  await cluster.reaches('GREEN');
  await stopAll(cluster.ids);
  const directory = join(cluster.folder, 'data', 'n1');
  const copy = join(cluster.folder, 'copy');
  cpSync(directory, copy, { recursive: true });
  for (const id of cluster.ids) cluster.startServer(id);
  await cluster.reaches('GREEN');
  // Of what comes now n0 has nothing; that n1 was started again it has heard.
  await stopAll(['n0']);
  await cluster.leader();
  const numbers = Array.from({ length: 50 }, (_, number) => ({ number }));
  for (const one of numbers) t.is((await cluster.put([one])).status, 200);
  await stopAll(['n1', 'n2']);
  cluster.wipe('n1');
  cpSync(copy, directory, { recursive: true });
  cluster.startServer('n0');
  cluster.startServer('n1');
  t.not(await cluster.exitOf('n1'), 0);
  t.regex(cluster.output('n1'), /put back from an older copy/);
  cluster.startServer('n2');
  await cluster.leader();
  const found = (await cluster.entries()).map(({ data }) => data);
  t.deepEqual(found, numbers);
});
