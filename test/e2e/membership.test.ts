import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';
import { Writers } from '../fixtures/writers.ts';

const run = promisify(execFile);

const more = (writers: Writers, count: number): Promise<unknown> => {
  const enough = writers.ackedCount + count;
  return until(`${count} more acknowledged entries`, () => writers.ackedCount >= enough);
};

/** The command line, with the file of the client server. */
const cli = (cluster: TestCluster, ...words: readonly string[]): Promise<{ stdout: string }> =>
  run(process.execPath, [
    'dist/src/cli/main.js',
    ...words,
    '--config',
    join(cluster.folder, 'client.json'),
  ]);

const says = (cluster: TestCluster, id: string, text: string): Promise<unknown> =>
  until(`${id} says "${text}"`, () => cluster.output(id).includes(text));

test.serial('edited files under load: 3 servers, 5, 7, 3 others; to 1 and back to 3', async t => {
  const cluster = await TestCluster.start(t);
  const writers = new Writers(cluster);
  await more(writers, 40);
  await cluster.resize(['n0', 'n1', 'n2', 'n3', 'n4']);
  await more(writers, 40);
  await cluster.resize(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
  await more(writers, 40);
  await cluster.resize(['n2', 'n5', 'n6']);
  for (const id of ['n0', 'n1', 'n3', 'n4']) {
    t.is(await cluster.exitOf(id), 0, id);
    t.true(cluster.output(id).includes('was removed from the cluster and stops'), id);
  }
  await more(writers, 40);
  await cluster.resize(['n6']);
  await more(writers, 40);
  await cluster.resize(['n6', 'n7', 'n8']);
  await more(writers, 40);
  await writers.stop();
  await writers.check(t);
});

test.serial('every server replaced by another one, in one step each, under load', async t => {
  const cluster = await TestCluster.start(t);
  const writers = new Writers(cluster);
  for (const [old, young] of [
    ['n0', 'n3'],
    ['n1', 'n4'],
    ['n2', 'n5'],
  ] as const) {
    await more(writers, 40);
    await cluster.plan([...cluster.ids.filter(id => id !== old), young]);
    cluster.writeFiles(young);
    cluster.startServer(young);
    await says(cluster, young, 'waits to be added');
    const { host, port } = cluster.addressOf(young);
    const { stdout } = await cli(
      cluster,
      ...['member', 'replace', old, '--with', young, '--address', `${host}:${port}`],
    );
    t.regex(stdout, /done: .* leads/);
    t.is(await cluster.exitOf(old), 0);
    await cluster.isSettled();
  }
  await writers.stop();
  await writers.check(t);
});

test.serial('every address changed under load', async t => {
  const cluster = await TestCluster.start(t);
  const writers = new Writers(cluster);
  await more(writers, 40);
  const before = cluster.ids.map(id => cluster.addressOf(id).port);
  for (const id of cluster.ids) await cluster.planMove(id);
  cluster.writeFiles(...cluster.ids);
  for (const id of cluster.ids) {
    const { port } = cluster.addressOf(id);
    t.false(before.includes(port));
    await says(cluster, id, `listens on localhost:${port} now`);
  }
  await more(writers, 40);
  // With the old file at the client server, and after a restart of all: it stays so.
  await cluster.kill(...cluster.ids);
  cluster.writeFiles('client');
  for (const id of cluster.ids) cluster.startServer(id);
  const { members } = await cluster.reaches('GREEN');
  for (const { id, address } of members) {
    t.is(address, `localhost:${cluster.addressOf(id).port}`);
  }
  await more(writers, 40);
  await writers.stop();
  await writers.check(t);
});

test.serial('four new servers with a file of seven form no cluster beside three', async t => {
  const cluster = await TestCluster.start(t);
  const writers = new Writers(cluster);
  const fresh = ['n3', 'n4', 'n5', 'n6'];
  await cluster.plan([...cluster.ids, ...fresh]);
  cluster.writeFiles(...fresh);
  for (const id of fresh) cluster.startServer(id);
  for (const id of fresh) await says(cluster, id, 'waits to be added');
  await more(writers, 100);
  const view = await cluster.view();
  t.deepEqual(
    view.members.map(({ id }) => id),
    ['n0', 'n1', 'n2'],
  );
  for (const id of fresh) t.false(cluster.output(id).includes('part of the cluster'), id);
  for (const id of fresh) {
    const { host, port } = cluster.addressOf(id);
    const body = JSON.stringify({ address: `${host}:${port}` });
    const answer = await cluster.send('PUT', `/v1/members/${id}`, body);
    t.is(answer.status, 202, answer.body);
  }
  await cluster.isSettled();
  await writers.stop();
  await writers.check(t);
});

test.serial('changes that would lose the majority, and other nonsense, are refused', async t => {
  const cluster = await TestCluster.start(t);
  const send = async (method: string, path: string, body?: object) => {
    const answer = await cluster.send(method, path, body && JSON.stringify(body));
    return { status: answer.status, detail: JSON.parse(answer.body).detail as string };
  };
  const [leader, other, third] = (await cluster.view()).members
    .toSorted((a, b) => Number(b.role === 'leader') - Number(a.role === 'leader'))
    .map(({ id }) => id) as [string, string, string];
  t.is((await send('POST', `/v1/members/${leader}/replace`)).status, 409);
  t.is((await send('POST', '/v1/members/n9/replace')).status, 404);
  const taking = await send('POST', `/v1/members/${leader}/replace`, { with: other });
  t.is(taking.status, 409);
  t.regex(taking.detail, new RegExp(`${other} is a member already`));
  t.is((await send('PUT', '/v1/members/n9', { address: 'nowhere' })).status, 422);
  t.is((await send('PUT', '/v1/members/n9', { port: 1 })).status, 422);
  t.is((await send('PUT', '/v1/members/..%2Fetc', { address: 'localhost:1' })).status, 400);
  const { host, port } = cluster.addressOf(other);
  const taken = await send('PUT', '/v1/members/n9', { address: `${host}:${port}` });
  t.is(taken.status, 409);
  t.regex(taken.detail, new RegExp(`that is where ${other} is`));

  await cluster.kill(third);
  await until('the leader has not heard of it for an election timeout', async () => {
    const { body } = await cluster.get<{ facts: { owner: string; age_ms: number }[] }>(
      `/v1/gossip?server=${leader}`,
    );
    return (body.facts.find(({ owner }) => owner === third)?.age_ms ?? 0) > 400;
  });
  const lost = await send('DELETE', `/v1/members/${other}`);
  t.is(lost.status, 409, lost.detail);
  t.regex(lost.detail, /there would be no majority/);
  t.is((await send('DELETE', `/v1/members/${third}`)).status, 202);
  const all = cluster.ids;
  const place = cluster.addressOf(third);
  await cluster.plan(all.filter(id => id !== third));
  await cluster.isSettled();
  t.is((await cluster.put([{ number: 1 }])).status, 200);
  t.is((await send('DELETE', `/v1/members/${third}`)).status, 404, 'it is gone already');
  // It comes back, does not know it yet, and is told.
  cluster.startServer(third);
  t.is(await cluster.exitOf(third), 0);
  t.regex(cluster.output(third), /its data is still in .*: started and added again, the server/);
  // From now on it knows, and waits to be wanted again.
  cluster.startServer(third);
  await says(cluster, third, 'this server was removed from the cluster before, and waits');
  t.is(cluster.process(third).exitCode, null);
  const added = await send('PUT', `/v1/members/${third}`, {
    address: `${place.host}:${place.port}`,
  });
  t.is(added.status, 202, added.detail);
  await cluster.plan(all);
  await cluster.isSettled();
});

test.serial(
  'a lost disk comes back only by a replacement; old and broken files change nothing',
  async t => {
    const cluster = await TestCluster.start(t);
    const writers = new Writers(cluster);
    await more(writers, 40);
    const follower = cluster.ids.find(id => !cluster.output(id).includes('election won')) ?? '';
    await cluster.kill(follower);
    cluster.wipe(follower);
    cluster.startServer(follower);
    await says(cluster, follower, 'the cluster knows this server with another data directory');
    await until('the view says so, too', async () => {
      const { members, health } = await cluster.view();
      const isFresh = members.find(({ id }) => id === follower)?.role === 'fresh';
      return isFresh && health === 'YELLOW';
    });
    t.regex((await cli(cluster, 'member', 'replace', follower)).stdout, /done/);
    await cluster.isSettled();

    // A file that lists fewer servers, at a server that is restarted: nothing happens.
    const [kept = '', ...others] = cluster.ids;
    const all = cluster.ids;
    await cluster.kill(kept);
    await cluster.plan([kept]);
    cluster.writeFiles(kept);
    cluster.startServer(kept);
    await cluster.reaches('GREEN');
    await more(writers, 40);
    t.deepEqual(new Set((await cluster.view()).members.map(({ id }) => id)), new Set(all));
    cluster.breakFile(others[0] ?? '');
    await says(cluster, others[0] ?? '', 'until then the members stay as they are');
    await more(writers, 40);
    await writers.stop();
  },
);
