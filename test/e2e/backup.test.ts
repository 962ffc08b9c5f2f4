import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { readBackup } from '../../src/storage/backup-file.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';
import { Writers } from '../fixtures/writers.ts';

const run = promisify(execFile);

type Outcome = { readonly code: number; readonly output: string };

async function cli(cluster: TestCluster, ...words: readonly string[]): Promise<Outcome> {
  const config = join(cluster.folder, 'client.json');
  return run(process.execPath, ['dist/src/cli/main.js', ...words, '--config', config]).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, output: stderr }),
  );
}

test.serial('a cluster in one file, and another cluster from it', async t => {
  // With logs that are cut meanwhile: a part of the entries comes from the archive.
  const limits = { snapshotIntervalBytes: 20_000, tailMaxBytes: 5000 };
  const cluster = await TestCluster.start(t, { limits });
  const writers = new Writers(cluster);
  await cluster.send('PUT', '/v1/kv/greeting', 'hello', { 'content-type': 'text/x-mine' });
  await until('enough entries', () => writers.ackedCount > 500);
  await writers.stop();
  const file = join(cluster.folder, 'cluster.backup');
  const made = await cli(cluster, 'backup', file);
  t.is(made.code, 0, made.output);
  t.regex(made.output, /1 keys and \d+ entries, as of log entry \d+/);
  t.regex((await cli(cluster, 'backup', file)).output, /is there already; name another file/);
  const entries = await cluster.entries();

  const other = await TestCluster.create(t, { limits });
  const restored = await cli(other, 'restore', file);
  t.is(restored.code, 0, restored.output);
  t.regex(restored.output, /restored n0, n1, n2 in .*: 1 keys and \d+ entries/);
  for (const id of other.ids) other.startServer(id);
  other.startClient();
  await other.reaches('GREEN');
  for (const id of other.ids) t.deepEqual(await other.entries(id), entries, id);
  const greeting = await other.send('GET', '/v1/kv/greeting');
  t.is(greeting.body, 'hello');
  t.is(greeting.headers.get('content-type'), 'text/x-mine');
  const next = await other.put([{ after: 'the restore' }]);
  t.is(next.body['first'], entries.length + 1);

  const again = await cli(other, 'restore', file);
  t.is(again.code, 1);
  t.regex(again.output, /holds something already \(a server may run in it\)/);
});

test.serial(
  'a backup under load is whole, while the log is cut and a large value comes and goes',
  async t => {
    const limits = { snapshotIntervalBytes: 20_000, tailMaxBytes: 5000 };
    const cluster = await TestCluster.start(t, { limits });
    // As text it has 42 MiB, more than fits into one message; and it stays in the past of the keys.
    const value = Buffer.alloc(7 * 1024 * 1024, 1);
    t.is((await cluster.send('PUT', '/v1/kv/large', value)).status, 201);
    t.is((await cluster.send('DELETE', '/v1/kv/large')).status, 200);
    const writers = new Writers(cluster);
    await until('enough entries', () => writers.ackedCount > 300);
    const files: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      const before = writers.ackedCount;
      const file = join(cluster.folder, name);
      const { code, output } = await cli(cluster, 'backup', file);
      t.is(code, 0, output);
      const entries = Number(/0 keys and (\d+) entries/.exec(output)?.[1]);
      t.true(entries >= before, output);
      files.push(file);
      await until('more entries', () => writers.ackedCount > before + 100);
    }
    await writers.stop();
    const entries = await cluster.entries();
    for (const file of files) {
      const found: string[] = [];
      for await (const part of readBackup(nodeFileSystem, file)) {
        if (part.type === 'batch') found.push(...objectsIn(part.batch.data));
      }
      const expected = entries.slice(0, found.length).map(({ data }) => JSON.stringify(data));
      t.deepEqual(found, expected);
    }
    t.deepEqual(
      readdirSync(cluster.folder).filter(name => name.endsWith('.part')),
      [],
    );
  },
);

const objectsIn = (data: Uint8Array): string[] =>
  (JSON.parse(Buffer.from(data).toString()) as unknown[]).map(one => JSON.stringify(one));

test.serial('a damaged backup makes nothing', async t => {
  const cluster = await TestCluster.start(t);
  await cluster.put(Array.from({ length: 100 }, (_, number) => ({ number })));
  const file = join(cluster.folder, 'cluster.backup');
  t.is((await cli(cluster, 'backup', file)).code, 0);
  const whole = readFileSync(file);
  const other = await TestCluster.create(t);
  const broken = join(other.folder, 'broken.backup');
  for (const [change, text] of [
    [(bytes: Buffer) => bytes.subarray(0, bytes.length - 20), /is (cut off|damaged)/],
    [(bytes: Buffer) => bytes.fill((bytes[400] ?? 0) ^ 1, 400, 401), /is (cut off|damaged)/],
    [() => Buffer.from('something else'), /is no backup/],
  ] as const) {
    writeFileSync(broken, change(Buffer.from(whole)));
    const { code, output } = await cli(other, 'restore', broken);
    t.is(code, 1);
    t.regex(output, text);
    const data = join(other.folder, 'data');
    t.deepEqual(existsSync(data) ? readdirSync(data) : [], []);
  }
  t.regex((await cli(other, 'restore', 'nowhere')).output, /there is no file/);
});
