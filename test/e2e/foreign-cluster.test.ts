import { once } from 'node:events';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

const isGreen = (cluster: TestCluster) =>
  until('all is well', async () => {
    const view = await cluster.view().catch(() => undefined);
    return view?.health === 'GREEN' ? view : undefined;
  });

const puts = (cluster: TestCluster) =>
  until('a put', async () => (await cluster.put([{ still: 'here' }])).status === 200);

async function stop(cluster: TestCluster, id: string): Promise<void> {
  const exited = once(cluster.process(id), 'exit');
  cluster.signal(id, 'SIGTERM');
  await exited;
}

test.serial(
  'two clusters with the same names and one mixed-up port leave each other alone',
  async t => {
    t.timeout(120_000);
    const ours = await TestCluster.start(t);
    const theirs = await TestCluster.start(t);
    const file = join(ours.folder, 'n0.json');
    const right = readFileSync(file, 'utf8');
    const wrong = JSON.parse(right);
    wrong.nodes.n1.port = theirs.addressOf('n1').port;
    await stop(ours, 'n0');
    writeFileSync(file, JSON.stringify(wrong));
    ours.startServer('n0');
    await until('n0 says whom it has met', () =>
      /the address of n1, .* now belongs to the cluster [0-9a-f-]{36}/.test(ours.output('n0')),
    );
    await until('and so does the other n1', () =>
      /a message of n0 of the cluster [0-9a-f-]{36} was dropped/.test(theirs.output('n1')),
    );
    await puts(ours);
    await puts(theirs);
    await stop(ours, 'n0');
    writeFileSync(file, right);
    ours.startServer('n0');
    await isGreen(ours);
    await isGreen(theirs);
    t.is((await theirs.view()).members.length, 3);
  },
);

test.serial('a member of a wiped cluster that is switched on again harms nobody', async t => {
  t.timeout(120_000);
  const cluster = await TestCluster.start(t);
  await puts(cluster);
  await cluster.kill('n0', 'n1', 'n2');
  const [place, old, young] = ['n2', 'old', 'young'].map(name =>
    join(cluster.folder, 'data', name),
  );
  cpSync(place ?? '', old ?? '', { recursive: true });
  for (const id of cluster.ids) {
    cluster.wipe(id);
    cluster.startServer(id);
  }
  await isGreen(cluster);
  await cluster.kill('n2');
  cpSync(place ?? '', young ?? '', { recursive: true });
  rmSync(place ?? '', { recursive: true });
  cpSync(old ?? '', place ?? '', { recursive: true });
  cluster.startServer('n2');
  await until('it says what is wrong', () =>
    /now belongs to the cluster [0-9a-f-]{36}/.test(cluster.output('n2')),
  );
  await puts(cluster);
  await cluster.kill('n2');
  rmSync(place ?? '', { recursive: true });
  cpSync(young ?? '', place ?? '', { recursive: true });
  cluster.startServer('n2');
  await isGreen(cluster);
  t.pass();
});
