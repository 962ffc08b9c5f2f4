import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';
import { Writers } from '../fixtures/writers.ts';

const limits = { snapshotIntervalBytes: 20_000, tailMaxBytes: 5000 };

const more = (writers: Writers, count: number): Promise<unknown> => {
  const enough = writers.ackedCount + count;
  return until(`${count} more acknowledged entries`, () => writers.ackedCount >= enough);
};

/** First entries of the log files of a server. */
const logFiles = (cluster: TestCluster, id: string): number[] =>
  readdirSync(join(cluster.folder, 'data', id)).flatMap(name => {
    const digits = /^log-(\d+)\.wal$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });

const isCut = (cluster: TestCluster, id: string): boolean => Math.min(...logFiles(cluster, id)) > 1;

test.serial('logs are cut, a server that was away takes a snapshot, and all is there', async t => {
  const cluster = await TestCluster.start(t, { limits });
  const writers = new Writers(cluster);
  await cluster.send('PUT', '/v1/kv/early', 'kept');
  await more(writers, 40);
  const away = cluster.ids.find(id => !cluster.output(id).includes('election won')) ?? '';
  await cluster.kill(away);
  const present = cluster.ids.filter(id => id !== away);
  await until('the logs of the others are cut', () => present.every(id => isCut(cluster, id)));
  await more(writers, 40);
  cluster.startServer(away);
  await until('it takes a snapshot', () =>
    cluster.output(away).includes('goes on from a snapshot'),
  );
  await cluster.reaches('GREEN');
  await more(writers, 40);
  // Also with the snapshot and archive that came from elsewhere.
  await cluster.kill(...cluster.ids);
  for (const id of cluster.ids) cluster.startServer(id);
  await cluster.reaches('GREEN');
  await more(writers, 40);
  await writers.stop();
  await writers.check(t);
  for (const id of cluster.ids) {
    const key = await cluster.send('GET', `/v1/kv/early?consistency=local&server=${id}`);
    t.is(key.body, 'kept', id);
  }
});

test.serial('what came after a fetched snapshot survives a restart', async t => {
  const cluster = await TestCluster.start(t, { limits });
  const writers = new Writers(cluster);
  await more(writers, 40);
  const away = cluster.ids.find(id => !cluster.output(id).includes('election won')) ?? '';
  await cluster.kill(away);
  await until('the others’ logs are cut', () =>
    cluster.ids.every(id => id === away || isCut(cluster, id)),
  );
  await writers.stop();
  cluster.startServer(away);
  await until('it takes a snapshot', () =>
    cluster.output(away).includes('goes on from a snapshot'),
  );
  // Too little for a snapshot of its own.
  for (let number = 0; number < 10; number += 1) await cluster.put([{ number }]);
  const entries = await cluster.entries();
  for (let time = 0; time < 2; time += 1) {
    const all = await cluster.entriesOfAll();
    for (const own of all) t.deepEqual(own, entries);
    await cluster.kill(away);
    const { index } = (await cluster.put([{ time }])).body as { index: number };
    entries.push(...(await cluster.entries()).slice(entries.length));
    cluster.startServer(away);
    const log = new RegExp(`up to entry ${index} of`);
    await until('it has only pulled what is new', () => log.test(cluster.output(away)));
    t.is(cluster.output(away).split('goes on from a snapshot').length, 2, 'one snapshot is enough');
  }
});

test.serial('a new member begins with a snapshot', async t => {
  const cluster = await TestCluster.start(t, { limits });
  const writers = new Writers(cluster);
  await until('the logs are cut', () => cluster.ids.every(id => isCut(cluster, id)));
  // After a restart, a log knows only of what its files hold.
  await cluster.kill(...cluster.ids);
  for (const id of cluster.ids) cluster.startServer(id);
  await cluster.reaches('GREEN');
  await cluster.resize(['n0', 'n1', 'n2', 'n3']);
  t.true(cluster.output('n3').includes('goes on from a snapshot'));
  await more(writers, 40);
  await writers.stop();
  await writers.check(t);
});

test.serial('a retention rule drops the oldest entries, and the answer says so', async t => {
  const cluster = await TestCluster.start(t, { limits, retention: { entriesMaxBytes: 30_000 } });
  const writers = new Writers(cluster);
  type Page = { entries: { seq: number }[]; first_kept: number; last: number };
  const page = await until('the first entries are dropped', async () => {
    const { body } = await cluster.get<Page>('/v1/entries?from=1&limit=10');
    return body.first_kept > 1 ? body : undefined;
  });
  await writers.stop();
  t.is(page.entries[0]?.seq, page.first_kept);
  t.true(page.last > page.first_kept);
});
