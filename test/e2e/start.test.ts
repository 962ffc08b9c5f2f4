import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

test.serial('one entry first, then three: numbered without gap on every server', async t => {
  const cluster = await TestCluster.start(t);
  const one = await cluster.put([{ hello: 'world' }]);
  t.is(one.status, 200);
  t.like(one.body, {
    msg: 'Data entries have been acknowledged by the server: [ack].',
    event: 'ack',
    count: 1,
    first: 1,
    last: 1,
    leader: await cluster.leader(),
  });
  const three = await cluster.put([{ a: 1 }, { b: 2 }, { c: 3 }]);
  t.like(three.body, { count: 3, first: 2, last: 4 });
  const key = await cluster.put({ k: 'v' }, {}, '/put_key');
  t.like(key.body, { count: 1, first: 5, last: 5 });
  for (const entries of await cluster.entriesOfAll()) {
    t.deepEqual(
      entries.map(({ seq, data }) => [seq, data]),
      [
        [1, { hello: 'world' }],
        [2, { a: 1 }],
        [3, { b: 2 }],
        [4, { c: 3 }],
        [5, { k: 'v' }],
      ],
    );
  }
  t.is((await cluster.reaches('GREEN')).health, 'GREEN');
});

test.serial('a batch of a thousand is one batch', async t => {
  const cluster = await TestCluster.start(t);
  const objects = Array.from({ length: 1000 }, (_, place) => ({ place, text: 'x'.repeat(100) }));
  const { status, body } = await cluster.put(objects);
  t.is(status, 200);
  t.like(body, { count: 1000, first: 1, last: 1000 });
  for (const entries of await cluster.entriesOfAll()) {
    t.deepEqual(
      entries.map(({ data }) => data),
      objects,
    );
  }
});

test.serial('servers may start in any order, long after the client server', async t => {
  const cluster = await TestCluster.create(t);
  cluster.startClient();
  await until('RED without servers', async () => {
    const view = await cluster.view().catch(() => undefined);
    return view?.health === 'RED';
  });
  cluster.startServer('n2');
  await until('n2 waits', () => cluster.output('n2').includes('waiting for n0, n1'));
  const early = await cluster.put([{ too: 'early' }], { 'x-deadline-ms': '300' });
  t.is(early.status, 503);
  t.like(early.body, { code: 'noLeader', outcome: 'rejected' });
  t.is(early.headers.get('retry-after'), '1');
  cluster.startServer('n0');
  await until('n2 reaches n0', () => cluster.output('n2').includes('connected to n0'));
  cluster.startServer('n1');
  await cluster.leader();
  t.is((await cluster.put([{ now: true }])).status, 200);
  t.deepEqual(
    (await cluster.entries()).map(({ data }) => data),
    [{ now: true }],
    'what was rejected never appears',
  );
});

test.serial(
  'the scripts work from any folder, and a signal ends them with exit code 0',
  async t => {
    const cluster = await TestCluster.create(t);
    const run = (script: string, ...flags: string[]) =>
      spawn('sh', [resolve(script), ...flags, '--config', join(cluster.folder, 'client.json')], {
        cwd: cluster.folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const children = [
      ...cluster.ids.map(id => run('start-server.sh', id, '--data-dir', 'elsewhere')),
      run('start-client.sh', String(cluster.clientPort)),
    ];
    t.teardown(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    await cluster.leader();
    t.is((await cluster.put([{ hello: 'world' }])).status, 200);
    for (const [place, child] of children.entries()) {
      const exited = once(child, 'exit');
      child.kill(place % 2 === 0 ? 'SIGTERM' : 'SIGINT');
      t.deepEqual(await exited, [0, null]);
    }
    const log = readFileSync(join(cluster.folder, 'elsewhere/logs/n0.log'), 'utf8');
    t.regex(log, /^\d{4}-\S+Z info {2}n0 {2}connected to n[12]$/m);
    t.regex(log, /info {2}n0 {2}stopped\n$/);
  },
);

test.serial('a cluster at rest writes less than a line a second', async t => {
  const cluster = await TestCluster.start(t);
  await cluster.reaches('GREEN');
  const quietMs = 3000;
  const before = cluster.ids.map(id => cluster.output(id).length);
  const startedAt = Date.now();
  await until('a quiet while', () => Date.now() - startedAt > quietMs);
  for (const [place, id] of cluster.ids.entries()) {
    const lines = cluster.output(id).slice(before[place]).split('\n').length - 1;
    t.true(lines <= quietMs / 1000, `${id}: ${lines} lines`);
  }
});
