import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

type Page = { readonly entries: readonly { readonly seq: number; readonly data: unknown }[] };

const batchSize = 50;
const batchCount = 60;

/** Everything that was posted, as the server (or the leader) reads it; undefined when it cannot. */
async function readAll(cluster: TestCluster, server = ''): Promise<string | undefined> {
  const found: unknown[] = [];
  while (found.length < batchSize * batchCount) {
    const path = `/v1/entries?from=${found.length + 1}&limit=1000${server}`;
    const { status, body } = await cluster.get<Page>(path);
    if (status !== 200 || body.entries.length === 0) return undefined;
    const isInOrder = body.entries.every(({ seq }, place) => seq === found.length + place + 1);
    if (!isInOrder) throw new Error('an answer skips or renumbers objects');
    found.push(...body.entries.map(({ data }) => data));
  }
  return JSON.stringify(found);
}

/** Ways in which one file of a directory is lost. */
const damages: readonly (readonly [string, RegExp, (content: Buffer) => Buffer | undefined])[] = [
  ['an archive file that is gone', /\.jrn$/, () => undefined],
  ['an archive file with zeros', /\.jrn$/, content => content.fill(0, 100, 600)],
  ['a log file that is gone', /\.wal$/, () => undefined],
  ['a log file without its head', /\.wal$/, content => content.fill(0, 0, 96)],
  ['a log file that is cut', /\.wal$/, content => content.subarray(0, 300)],
  ['a snapshot with a flipped bit', /\.snap$/, content => content.fill(0x55, 60, 61)],
];

test('a server whose files are damaged, in one way after another, heals by itself and answers nothing wrong', async t => {
  t.timeout(300_000);
  const limits = { snapshotIntervalBytes: 60_000 };
  const cluster = await TestCluster.start(t, { limits });
  const posted: unknown[] = [];
  for (let batch = 0; batch < batchCount; batch += 1) {
    const objects = Array.from({ length: batchSize }, (_, place) => ({
      batch,
      place,
      text: 'x'.repeat(40),
    }));
    t.is((await cluster.put(objects)).status, 200);
    posted.push(...objects);
  }
  const expected = JSON.stringify(posted);
  t.is(await readAll(cluster), expected);
  const folder = join(cluster.folder, 'data', 'n1');
  for (const [what, pattern, damage] of damages) {
    await cluster.kill('n1');
    const names = readdirSync(folder).filter(name => pattern.test(name));
    t.true(names.length > 0, `${what}: there is one`);
    const path = join(folder, names.toSorted((a, b) => (a < b ? -1 : 1)).at(-1) ?? '');
    const broken = damage(readFileSync(path));
    if (broken === undefined) rmSync(path);
    else writeFileSync(path, broken);
    cluster.startServer('n1');
    t.is(await readAll(cluster), expected, `${what}: a linearizable read`);
    const healed = await until(`${what} is healed`, () => readAll(cluster, '&server=n1'));
    t.is(healed, expected, what);
    await until(`${what}: everybody takes part`, async () => {
      const { health } = await cluster.view();
      return health === 'GREEN';
    });
    t.is((await cluster.put([{ more: what }])).status, 200);
  }
});

test('what all servers have lost is named by health, and refused; everything else goes on', async t => {
  const cluster = await TestCluster.start(t, { limits: { snapshotIntervalBytes: 30_000 } });
  const objects = Array.from({ length: batchSize }, (_, place) => ({
    place,
    text: 'x'.repeat(40),
  }));
  for (let batch = 0; batch < batchCount; batch += 1) await cluster.put(objects);
  const oldest = (id: string): { path: string; lastSeq: number; name: string } => {
    const folder = join(cluster.folder, 'data', id);
    const names = readdirSync(folder).filter(name => name.endsWith('.jrn'));
    const name = names.find(one => /^entries-\d+-1-/.test(one)) ?? '';
    return { name, path: join(folder, name), lastSeq: Number(name.split('-')[3]) };
  };
  const files = await until('archives', () => {
    const found = cluster.ids.map(oldest);
    return found.every(({ name }) => name !== '') ? found : undefined;
  });
  await cluster.kill(...cluster.ids);
  for (const { path } of files) writeFileSync(path, readFileSync(path).fill(0, 100, 600));
  for (const id of cluster.ids) cluster.startServer(id);
  await cluster.leader();
  const lastSeq = Math.max(...files.map(file => file.lastSeq));
  const { health, reason } = await until('health names the files', async () => {
    const view = await cluster.view();
    return files.every(({ name }) => view.reason.includes(name)) ? view : undefined;
  });
  t.is(health, 'YELLOW', reason);
  const lost = await cluster.get<{ code: string }>('/v1/entries?from=1');
  t.deepEqual([lost.status, lost.body.code], [503, 'unreadable']);
  const { status, body } = await cluster.get<Page>(`/v1/entries?from=${lastSeq + 1}&limit=1000`);
  t.is(status, 200);
  t.is(body.entries[0]?.seq, lastSeq + 1);
  t.is((await cluster.put([{ more: 1 }])).status, 200);
});
