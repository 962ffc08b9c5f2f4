import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';
import { Writers } from '../fixtures/writers.ts';

const more = (writers: Writers, count: number): Promise<unknown> => {
  const enough = writers.ackedCount + count;
  return until(`${count} more acknowledged entries`, () => writers.ackedCount >= enough);
};

test.serial('kill -9 of the leader under load, ten times: nothing is lost or doubled', async t => {
  const cluster = await TestCluster.start(t);
  const writers = new Writers(cluster);
  for (let time = 0; time < 10; time += 1) {
    await more(writers, 40);
    const leader = await cluster.leader();
    await cluster.kill(leader);
    await more(writers, 10);
    cluster.startServer(leader);
    await cluster.reaches('GREEN');
  }
  await writers.stop();
  await writers.check(t);
});

test.serial('kill -9 of all servers at once, and start again', async t => {
  const cluster = await TestCluster.start(t);
  const writers = new Writers(cluster);
  for (let time = 0; time < 2; time += 1) {
    await more(writers, 100);
    await cluster.kill(...cluster.ids);
    for (const id of cluster.ids) cluster.startServer(id);
    await cluster.reaches('GREEN');
  }
  await more(writers, 20);
  await writers.stop();
  await writers.check(t);
});

test.serial('SIGSTOP of a follower, then of the leader', async t => {
  const cluster = await TestCluster.start(t);
  const writers = new Writers(cluster);
  await more(writers, 40);
  const leader = await cluster.leader();
  const follower = cluster.ids.find(id => id !== leader) ?? '';
  for (const id of [follower, leader]) {
    cluster.signal(id, 'SIGSTOP');
    await more(writers, 40);
    cluster.signal(id, 'SIGCONT');
    await cluster.reaches('GREEN');
  }
  await writers.stop();
  await writers.check(t);
});

test.serial(
  'one server of three down: it serves, YELLOW; two down: 503, RED; and back',
  async t => {
    const cluster = await TestCluster.start(t);
    t.is((await cluster.put([{ number: 1 }])).status, 200);
    await cluster.kill('n2');
    await cluster.reaches('YELLOW');
    t.is((await cluster.put([{ number: 2 }])).status, 200);

    await cluster.kill('n1');
    await cluster.reaches('RED');
    const refused = await until('a rejected put', async () => {
      const answer = await cluster.put([{ number: 3 }], { 'x-deadline-ms': '300' });
      return answer.status === 503 ? answer : undefined;
    });
    t.like(refused.body, { code: 'noLeader', outcome: 'rejected', status: 503 });
    t.is((await fetch(`${cluster.url}/readyz`)).status, 503);
    t.is((await fetch(`${cluster.url}/livez`)).status, 200);

    cluster.startServer('n1');
    cluster.startServer('n2');
    await cluster.reaches('GREEN');
    t.is((await cluster.put([{ number: 4 }])).status, 200);
    const numbers = (await cluster.entries()).map(
      ({ data }) => (data as { number: number }).number,
    );
    t.deepEqual(
      numbers.filter(number => number !== 3),
      [1, 2, 4],
    );
  },
);

test.serial('a wiped data directory never votes its emptiness into power', async t => {
  const cluster = await TestCluster.start(t);
  t.is((await cluster.put([{ precious: true }])).status, 200);
  const leader = await cluster.leader();
  const [wiped = '', other = ''] = cluster.ids.filter(id => id !== leader);
  await cluster.kill(...cluster.ids);
  cluster.wipe(wiped);
  cluster.startServer(wiped);
  cluster.startServer(other);
  await until('it knows that it is a stranger', () =>
    cluster.output(wiped).includes('another data directory'),
  );
  t.is((await cluster.put([{ x: 1 }], { 'x-deadline-ms': '1500' })).status, 503);
  cluster.startServer(leader);
  await cluster.leader();
  t.deepEqual(
    (await cluster.entries()).map(({ data }) => data),
    [{ precious: true }],
  );
  await until('it is named as the one that takes no part', async () => {
    const { health, reason } = await cluster.view();
    return health === 'YELLOW' && reason === `${wiped} takes no part (another data directory)`;
  });
  t.pass();
});

test.serial('an Idempotency-Key holds through another client server and a failover', async t => {
  const cluster = await TestCluster.start(t);
  const headers = { 'idempotency-key': 'order-17' };
  const first = await cluster.put([{ order: 17 }], headers);
  t.is(first.status, 200);
  t.is(first.headers.get('idempotent-replayed'), null);
  await cluster.kill('client', await cluster.leader());
  cluster.startClient();
  await cluster.leader();
  const again = await cluster.put([{ order: 17 }], headers);
  t.is(again.status, 200);
  t.is(again.headers.get('idempotent-replayed'), 'true');
  t.is(again.body['first'], first.body['first']);
  const other = await cluster.put([{ order: 18 }], headers);
  t.is(other.status, 422);
  t.like(other.body, { code: 'keyConflict', outcome: 'rejected' });
  t.is((await cluster.entries()).length, 1);
  const batch = await cluster.get(`/v1/batches/${first.body['batch']}`);
  t.like(batch.body, { state: 'committed', first: 1, last: 1 });
});

test.serial(
  'a batch that may yet commit is 504 with its uuid, and its fate can be asked for',
  async t => {
    const cluster = await TestCluster.start(t, { timing: 'default' });
    t.is((await cluster.put([{ fate: 'known' }])).status, 200);
    const leader = await cluster.leader();
    const followers = cluster.ids.filter(id => id !== leader);
    for (const id of followers) cluster.signal(id, 'SIGSTOP');
    const open = await cluster.put([{ fate: 'open' }], { 'x-deadline-ms': '400' });
    t.is(open.status, 504);
    t.like(open.body, { code: 'outcomeUnknown', outcome: 'unknown' });
    for (const id of followers) cluster.signal(id, 'SIGCONT');
    const fate = await until('the batch is committed', async () => {
      const { status, body } = await cluster.get(`/v1/batches/${open.body['batch']}`);
      return status === 200 ? body : undefined;
    });
    t.like(fate, { state: 'committed', count: 1, first: 2, last: 2 });
  },
);

test.serial('more than may wait is turned away with 429', async t => {
  const limits = { uncommittedMaxBytes: 1000 };
  const cluster = await TestCluster.start(t, { count: 1, limits });
  cluster.signal('n0', 'SIGSTOP');
  const text = 'x'.repeat(600);
  const first = cluster.put([{ text }], { 'x-deadline-ms': '2000' });
  const second = await until('a refusal', async () => {
    const answer = await cluster.put([{ text }], { 'x-deadline-ms': '100' });
    return answer.status === 429 ? answer : undefined;
  });
  t.like(second.body, { code: 'overloaded', outcome: 'rejected' });
  t.is(second.headers.get('retry-after'), '1');
  cluster.signal('n0', 'SIGCONT');
  t.is((await first).status, 200);
});
