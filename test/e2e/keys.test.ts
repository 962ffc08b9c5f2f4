import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ServerConnection } from '../../src/client/server-connection.ts';
import { keyAt } from '../fixtures/commands.ts';
import { linearizableRun, type Misfortune } from '../fixtures/linearizable-run.ts';
import { nameOnly, TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

const logOf = (cluster: TestCluster, id: string): string => {
  const folder = `logs_node_${id.slice(1)}`;
  return readFileSync(join(cluster.folder, 'data', folder, 'logs.txt'), 'utf8');
};

const sameLogs = (cluster: TestCluster, ids = cluster.ids): Promise<string> =>
  until('the same logs.txt everywhere', () => {
    const [first = '', ...others] = ids.map(id => logOf(cluster, id));
    return first !== '' && others.every(other => other === first) ? first : undefined;
  });

const asText = { 'content-type': 'text/plain' };

const metric = async (cluster: TestCluster, name: string): Promise<number> => {
  const { body } = await cluster.send('GET', '/metrics');
  const lines = body.split('\n').filter(line => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

test.serial('three SETs and three GETs: one log everywhere, and no RPC for the GETs', async t => {
  const cluster = await TestCluster.start(t, { count: 5, hasTextRecords: true });
  for (const number of [1, 2, 3]) {
    const path = `/v1/kv/name${number}`;
    t.is((await cluster.send('PUT', path, `value ${number}`, asText)).status, 201);
  }
  for (const number of [1, 2, 3]) {
    const { status, body, headers } = await cluster.send('GET', `/v1/kv/name${number}`);
    t.is(status, 200);
    t.is(body, `value ${number}`);
    t.is(headers.get('x-raft-consistency'), 'lease');
    t.true(Number(headers.get('x-raft-lease-remaining-ms')) > 0);
  }
  t.is(await metric(cluster, 'gossip_raft_server_reads_total{server="'), 3);
  t.is(await metric(cluster, 'gossip_raft_server_read_rounds_total'), 0);
  const log = await sameLogs(cluster);
  t.regex(log, /^NO-OP 1\n(SESSION 1\n)+SET name1 "value 1" 1\nSET name2 "value 2" 1\n/);

  const leader = await cluster.leader();
  const followers = cluster.ids.filter(id => id !== leader);
  const [first = '', second = ''] = followers;
  await cluster.kill(first, second);
  t.is((await cluster.send('PUT', '/v1/kv/name4', 'x', asText)).status, 201);
  cluster.startServer(first);
  cluster.startServer(second);
  await cluster.reaches('GREEN');
  t.regex(await sameLogs(cluster), /SET name4 x/);

  await cluster.kill(leader);
  await until('a new leader', async () => {
    const found = await cluster.leader();
    return found !== leader;
  });
  t.is((await cluster.send('PUT', '/v1/kv/name5', 'y', asText)).status, 201);
  cluster.startServer(leader);
  await cluster.reaches('GREEN');
  t.regex(await sameLogs(cluster), /SET name5 y/);
  t.not(await cluster.leader(), leader, 'it is back as a follower');
});

test.serial('without a majority a lease outlives its renewal, then nobody answers', async t => {
  const cluster = await TestCluster.start(t, { count: 5, timing: 'wan' });
  t.is((await cluster.send('PUT', '/v1/kv/a', 'b')).status, 201);
  const leader = await cluster.leader();
  const followers = cluster.ids.filter(id => id !== leader);
  await cluster.kill(...followers.slice(0, 3));
  const { status, body, headers } = await cluster.send('GET', '/v1/kv/a');
  t.is(status, 200);
  t.is(body, 'b');
  t.is(headers.get('x-raft-consistency'), 'lease');
  await until('the leader steps down', () =>
    cluster.output(leader).includes('no majority hears us'),
  );
  const before = await cluster.view();
  const short = { 'x-deadline-ms': '1000' };
  t.is((await cluster.send('GET', '/v1/kv/a', undefined, short)).status, 503);
  t.true([503, 504].includes((await cluster.send('PUT', '/v1/kv/a', 'c', short)).status));
  const after = await cluster.view();
  t.is(after.leader, null);
  t.is(after.term, before.term, 'two of five ask, and do not count up terms');
});

test.serial('ten clients count to ten thousand through two kills of the leader', async t => {
  const cluster = await TestCluster.start(t);
  let acknowledged = 0;
  const client = async (): Promise<void> => {
    for (let time = 0; time < 1000; time += 1) {
      const { status, body } = await cluster.send('POST', '/v1/kv/count/incr', undefined, {
        'x-deadline-ms': '30000',
      });
      if (status !== 200) throw new Error(body);
      acknowledged += 1;
    }
  };
  const clients = Promise.all(Array.from({ length: 10 }, client));
  for (const enough of [2500, 6000]) {
    await until(`${enough} are counted`, () => acknowledged >= enough);
    const leader = await cluster.leader();
    await cluster.kill(leader);
    await until('counting goes on', () => acknowledged >= enough + 300);
    cluster.startServer(leader);
  }
  await clients;
  t.is(acknowledged, 10_000);
  t.is((await cluster.send('GET', '/v1/kv/count')).body, '10000');
});

test.serial('a leader that slept past its lease never answers with an old value', async t => {
  t.timeout(300_000);
  const cluster = await TestCluster.start(t);
  const connections = new Map(
    cluster.ids.map(id => [id, new ServerConnection(cluster.addressOf(id), () => nameOnly)]),
  );
  await cluster.send('PUT', '/v1/kv/a', 'round 0');
  for (let round = 1; round <= 50; round += 1) {
    const sleeper = await cluster.leader();
    cluster.signal(sleeper, 'SIGSTOP');
    await until('the new leader takes the write', async () => {
      const answer = await cluster.send('PUT', '/v1/kv/a', `round ${round}`);
      return answer.status < 300;
    });
    const connection = connections.get(sleeper);
    const asked = connection && keyAt(connection, 'a', 'CONSISTENCY_LEASE', 2000);
    cluster.signal(sleeper, 'SIGCONT');
    const value = (await asked)?.value;
    t.true(value === undefined || value === `round ${round}`, `round ${round}: ${value}`);
  }
  for (const connection of connections.values()) connection.close();
});

test.serial('the leadership is handed over under load, and no request fails', async t => {
  const cluster = await TestCluster.start(t);
  const failures: string[] = [];
  let done = 0;
  let isOver = false;
  const client = async (number: number): Promise<void> => {
    while (!isOver) {
      const { status, body } = await cluster.send('PUT', `/v1/kv/k${number}`, String(done));
      if (status >= 300) failures.push(body);
      done += 1;
    }
  };
  const clients = Promise.all([0, 1, 2, 3].map(client));
  for (let time = 0; time < 5; time += 1) {
    const enough = done + 100;
    await until('requests are answered', () => done >= enough);
    const before = await cluster.leader();
    const to = cluster.ids.find(id => id !== before) ?? '';
    const answer = await cluster.send('POST', '/v1/leader/transfer', JSON.stringify({ to }));
    t.is(answer.status, 200, answer.body);
    t.is(JSON.parse(answer.body).leader, to);
  }
  // A server that is told to stop hands over first.
  const leader = await cluster.leader();
  cluster.signal(leader, 'SIGTERM');
  const enough = done + 200;
  await until('requests are answered', () => done >= enough);
  isOver = true;
  await clients;
  t.deepEqual(failures, []);
});

test.serial('a watch tells every change once, through a kill of the leader', async t => {
  const cluster = await TestCluster.start(t);
  const aborted = new AbortController();
  const response = await fetch(`${cluster.url}/v1/watch?prefix=w&from=1`, {
    signal: aborted.signal,
  });
  const seen: string[] = [];
  const reading = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [, data] = /^data:(.*)$/m.exec(event) ?? [];
        if (/^event:put$/m.test(event)) seen.push(JSON.parse(data ?? '').value);
      }
    }
  })().catch(() => undefined);
  const expected: string[] = [];
  for (let number = 0; number < 300; number += 1) {
    if (number === 100 || number === 200) await cluster.kill(await cluster.leader());
    const { status } = await cluster.send('PUT', `/v1/kv/w${number % 7}`, `${number}`);
    t.true(status < 300);
    expected.push(`${number}`);
    if (number !== 150 && number !== 250) continue;
    for (const { id, reachable } of (await cluster.view()).members) {
      if (!reachable) cluster.startServer(id);
    }
    await cluster.reaches('GREEN');
  }
  await until('all changes are told', () => seen.length >= expected.length);
  t.deepEqual(seen, expected);
  aborted.abort();
  await reading;
});

for (const misfortune of ['kill -9', 'SIGSTOP', 'cut links'] as const satisfies Misfortune[]) {
  test.serial(`what clients see is linearizable: ${misfortune} of the leader`, async t => {
    const cluster = await TestCluster.start(t, { hasProxies: misfortune === 'cut links' });
    const { verdict, open } = await linearizableRun(cluster, misfortune, 3);
    t.is(verdict.type, 'linearizable', JSON.stringify(verdict));
    t.log(`${JSON.stringify(verdict)}, ${open} of unknown outcome`);
  });
}
