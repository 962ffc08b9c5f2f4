import { readFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import test from 'ava';
import { mebibyte } from '../../src/words.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

/* Thousands who watch, and some who do not read, before a real client server. */

/** Resident memory of a process, in bytes. */
function memoryOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return 1024 * Number(kibibytes);
}

/** Opens a watch; resolves when it has begun. */
function watch(cluster: TestCluster, agent: Agent, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(`${cluster.url}${path}`, { agent }, response => {
      response.on('error', () => undefined);
      response.once('readable', () => resolve(response));
    });
    request.on('error', reject);
  });
}

async function upstreams(cluster: TestCluster): Promise<number> {
  const { body } = await cluster.send('GET', '/metrics');
  const [, count] = /^gossip_raft_watches (\d+)$/m.exec(body) ?? [];
  return Number(count);
}

/** What a process has worked, however busy the machine is: in user and system mode. */
function workedMs(cluster: TestCluster, id: string): number {
  const stat = readFileSync(`/proc/${cluster.process(id).pid}/stat`, 'utf8');
  // Behind the name of the program, which may hold anything, in hundredths of a second.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return 10 * (Number(user) + Number(system));
}

/** What a put, and telling of it, costs all processes of the cluster together. */
async function workPerPutMs(
  cluster: TestCluster,
  count: number,
  allAreTold: () => Promise<unknown> = () => Promise.resolve(),
): Promise<number> {
  const worked = (): number =>
    ['client', ...cluster.ids].reduce((sum, id) => sum + workedMs(cluster, id), 0);
  const before = worked();
  for (let number = 0; number < count; number += 1) {
    const { status } = await cluster.send('PUT', '/v1/kv/w/key', `value ${number}`);
    if (status >= 300) throw new Error(`put ${number}: ${status}`);
  }
  await allAreTold();
  return Math.round((worked() - before) / count);
}

test.serial(
  '2,000 watchers of one prefix are one watch, and a put hardly waits for them',
  async t => {
    const cluster = await TestCluster.start(t, { timing: 'default' });
    // The first ones also compile the program.
    await workPerPutMs(cluster, 100);
    const quietMs = await workPerPutMs(cluster, 30);
    const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
    t.teardown(() => agent.destroy());
    const told = new Array<number>(2000).fill(0);
    for (let place = 0; place < told.length; place += 100) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, at) => {
          const response = await watch(cluster, agent, '/v1/watch?prefix=w/');
          response.setEncoding('utf8').on('data', (text: string) => {
            const events = text.match(/^event:put$/gm) ?? [];
            told[place + at] = (told[place + at] ?? 0) + events.length;
          });
        }),
      );
    }
    t.is(await upstreams(cluster), 1);
    const watchedMs = await workPerPutMs(cluster, 30, () =>
      until('all are told of everything', () => told.every(count => count === 30)),
    );
    t.log(`work for a put: ${quietMs} ms, with 2,000 watchers ${watchedMs} ms`);
    // A put took 192 ms when each of them had a watch of its own, almost all of it such work.
    t.true(watchedMs < quietMs + 100, `${quietMs} ms, ${watchedMs} ms`);
    agent.destroy();
    await until('nobody watches any more', async () => (await upstreams(cluster)) === 0);
  },
);

test.serial('watchers that do not read cost no memory, and are ended', async t => {
  const cluster = await TestCluster.start(t, { count: 1, timing: 'default' });
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  t.teardown(() => agent.destroy());
  const value = 'x'.repeat(mebibyte);
  const put = (): Promise<unknown> => cluster.send('PUT', '/v1/kv/w/large', value);
  for (let number = 0; number < 30; number += 1) await put();
  const stuck = await Promise.all(
    Array.from({ length: 100 }, () => watch(cluster, agent, '/v1/watch?prefix=w/')),
  );
  const { pid } = cluster.process('client');
  const before = memoryOf(pid);
  let most = 0;
  for (let number = 0; number < 60; number += 1) {
    await put();
    most = Math.max(most, memoryOf(pid));
  }
  const grownMiB = Math.round((most - before) / mebibyte);
  t.log(`100 watchers that do not read, 60 MiB told: ${grownMiB} MiB more`);
  // Each of them on its own would hold 4 MiB and more.
  t.true(grownMiB < 150, `${grownMiB} MiB`);
  await until('all of them are cut off', async () => (await upstreams(cluster)) === 0);
  for (const response of stuck) response.destroy();
});

test.serial('a watcher that comes back goes on where it was, though much has happened', async t => {
  const cluster = await TestCluster.start(t, { count: 1, timing: 'default' });
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  t.teardown(() => agent.destroy());
  // Somebody else keeps the shared watch open.
  const other = await watch(cluster, agent, '/v1/watch?prefix=w/');
  other.resume();
  const { body } = await cluster.send('PUT', '/v1/kv/w/first', 'x');
  const { revision } = JSON.parse(body) as { revision: number };
  for (let number = 0; number < 12; number += 1) {
    await cluster.send('PUT', `/v1/kv/w/${number}`, 'x'.repeat(mebibyte));
  }
  const seen: string[] = [];
  const back = await watch(cluster, agent, `/v1/watch?prefix=w/&from=${revision + 1}`);
  let text = '';
  back.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) seen.push(...(/"key":"(w\/\w+)"/.exec(part)?.slice(1) ?? []));
  });
  await until('it has seen what it missed', () => seen.length === 12);
  await until('it is one of many again', async () => (await upstreams(cluster)) === 1);
  await cluster.send('PUT', '/v1/kv/w/last', 'x');
  await until('it is told of what comes', () => seen.at(-1) === 'w/last');
  t.deepEqual(seen, [...Array.from({ length: 12 }, (_, number) => `w/${number}`), 'w/last']);
});
