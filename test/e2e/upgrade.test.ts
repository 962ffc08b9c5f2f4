import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { type OldFacts, takeOldDirectories } from '../fixtures/old-directories.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

const run = promisify(execFile);
const upgrading = /the cluster is being upgraded: waiting for n2/;

test.serial('directories of before are upgraded when all servers are new', async t => {
  const cluster = await TestCluster.create(t);
  const facts = takeOldDirectories(cluster);
  cluster.startServer('n0');
  cluster.startServer('n1');
  cluster.startClient();
  await cluster.leader();
  await refusesAll(t, cluster);
  cluster.startServer('n2');
  await until('a write', async () => (await cluster.send('PUT', '/v1/kv/new', '1')).status < 300);
  for (const id of cluster.ids) {
    await until(`${id} is upgraded`, () => /the data is upgraded/.test(cluster.output(id)));
    t.regex(cluster.output(id), /the data directory is of an older version/);
  }
  await holdsAll(t, cluster, facts);
  await takesLockAndPosts(t, cluster, facts);
  for (const id of cluster.ids) await until(`${id} has a snapshot`, () => hasNew(cluster, id));

  await cluster.kill(...cluster.ids);
  for (const id of cluster.ids) cluster.startServer(id);
  await cluster.reaches('GREEN');
  await holdsAll(t, cluster, facts);
  const file = join(cluster.folder, 'cluster.backup');
  const config = join(cluster.folder, 'client.json');
  await run(process.execPath, ['dist/src/cli/main.js', 'backup', file, '--config', config]);
});

/** Nothing is read or written yet, and the answer names who is waited for. */
async function refusesAll(t: ExecutionContext, cluster: TestCluster): Promise<void> {
  const asked = [
    () => cluster.send('PUT', '/v1/kv/early', '1'),
    () => cluster.get('/v1/kv/greeting'),
  ];
  for (const ask of asked) {
    const { status, body } = await until('a refusal for the upgrade', async () => {
      const answer = await ask();
      return upgrading.test(JSON.stringify(answer.body)) ? answer : undefined;
    });
    t.true(status >= 400, JSON.stringify(body));
  }
}

async function holdsAll(
  t: ExecutionContext,
  cluster: TestCluster,
  { entries, last }: OldFacts,
): Promise<void> {
  const greeting = await cluster.send('GET', '/v1/kv/greeting');
  t.is(greeting.body, 'hello');
  t.is(greeting.headers.get('content-type'), 'text/x-mine');
  const counted = await cluster.send('GET', '/v1/kv/counted');
  t.is(String(counted.body), '2');
  t.is(counted.headers.get('x-version'), '3');
  t.is(counted.headers.get('x-mod-revision'), '6');
  t.is((await cluster.send('GET', '/v1/kv/short')).body, 'soon');
  for (const id of cluster.ids) {
    t.deepEqual((await cluster.entries(id)).slice(0, entries.length), entries, id);
  }
  const batch = await cluster.get<{ first: number }>(`/v1/batches/${last.batch}`);
  t.is(batch.body.first, last.first);
}

/** Under its old token the lock still guards; what was named before counts once. */
async function takesLockAndPosts(
  t: ExecutionContext,
  cluster: TestCluster,
  { lock, mine, last }: OldFacts,
): Promise<void> {
  const renew = (token: number) =>
    cluster.send('POST', '/v1/locks/press/renew', JSON.stringify({ token, ttl: 3600 }), {
      'content-type': 'application/json',
      'x-gossip-raft': '1',
    });
  t.is((await renew(lock.token)).status, 200);
  t.is((await renew(lock.token + 1)).status, 409);
  const repeated = await cluster.send('POST', '/put_all', '[{"first":1},{"first":2}]', {
    'content-type': 'application/json',
    'idempotency-key': 'mine',
  });
  t.is(repeated.headers.get('idempotent-replayed'), 'true');
  const body = JSON.parse(String(repeated.body)) as OldFacts['mine'];
  t.is(body.first, mine.first);
  t.is(body.batch, mine.batch);
  const next = await cluster.put([{ after: 'the upgrade' }]);
  t.is(next.body['first'], last.last + 1);
}

/** A snapshot of what the upgrade has made: no server of before could read it. */
function hasNew(cluster: TestCluster, id: string): boolean {
  const names = readdirSync(join(cluster.folder, 'data', id));
  return names.some(
    name => /^snapshot-\d+\.snap$/.test(name) && name > 'snapshot-0000000000000053',
  );
}
