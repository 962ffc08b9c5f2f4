import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ServerConnection } from '../../src/client/server-connection.ts';
import { keyAt } from '../fixtures/commands.ts';
import { nameOnly, TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

/** Against 5 seconds of each before: a voter that owed its own would elect somebody 4 s too early. */
const shorter = { profile: 'default', electionMs: 2000, leaseMs: 500 };

test('timings are changed from server to server, the leader is cut off: no old value is read by its lease', async t => {
  t.timeout(90_000);
  const cluster = await TestCluster.start(t, { timing: 'wan', hasProxies: true });
  const leader = await cluster.leader();
  const others = cluster.ids.filter(id => id !== leader);
  // Those who are not the leader are restarted with a lease that is a fraction of its own.
  for (const id of others) {
    const path = join(cluster.folder, `${id}.json`);
    const file = JSON.parse(readFileSync(path, 'utf8'));
    await cluster.kill(id);
    writeFileSync(path, JSON.stringify({ ...file, timing: shorter }));
    cluster.startServer(id);
    await until(`${id} follows`, async () => {
      const { members } = await cluster.view();
      return members.find(member => member.id === id)?.following === true;
    });
  }
  t.is(await cluster.leader(), leader);
  t.is((await cluster.send('PUT', '/v1/kv/a', 'old')).status, 201);
  const connection = new ServerConnection(cluster.addressOf(leader), () => nameOnly);
  const read = async (): Promise<string | undefined> =>
    (await keyAt(connection, 'a', 'CONSISTENCY_LEASE', 1000))?.value;
  await until('the leader answers by its lease', async () => (await read()) === 'old');
  for (const id of cluster.ids) if (id !== leader) cluster.cut(leader, id);
  let isWritten = false;
  const writing = until('the others take a write', async () => {
    const { status } = await cluster.send('PUT', '/v1/kv/a', 'new');
    isWritten = status < 300;
    return isWritten;
  });
  let byLease = 0;
  while (!isWritten) if ((await read()) !== undefined) byLease += 1;
  await writing;
  for (let again = 0; again < 50; again += 1) {
    const value = await read();
    t.true(value === undefined || value === 'new', `read ${again} after the write: ${value}`);
  }
  t.log(`${byLease} reads by the lease of the leader that was cut off, all before the write`);
  connection.close();
});
