import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { ServerConnection } from '../../src/client/server-connection.ts';
import { encodeCommand } from '../../src/machines/frame/command.ts';
import { decodeResult } from '../../src/machines/frame/result.ts';
import { readBackup } from '../../src/storage/backup-file.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import type { AckEntriesReply__Output as AckReply } from '../../src/transport/generated/gossipraft/AckEntriesReply.ts';
import { alone, append, only } from '../fixtures/commands.ts';
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

test.serial('a restored cluster gives out nothing that the old one can have given out', async t => {
  const cluster = await TestCluster.start(t);
  const first = await lock(cluster, 'door');
  const { body } = await cluster.send('PUT', '/v1/kv/a', '1');
  const { revision: written } = JSON.parse(body) as { readonly revision: number };
  const session = await openSession(cluster);
  const file = join(cluster.folder, 'cluster.backup');
  t.is((await cli(cluster, 'backup', file)).code, 0);
  // The old cluster goes on: what it gives out now is in no backup.
  const later = await lock(cluster, 'gate');
  await cluster.send('PUT', '/v1/kv/a', '2');
  const before = await cluster.view();

  const other = await TestCluster.create(t);
  t.is((await cli(other, 'restore', file)).code, 0);
  for (const id of other.ids) other.startServer(id);
  other.startClient();
  const view = await other.reaches('GREEN');
  t.truthy(view.cluster_id);
  t.not(view.cluster_id, before.cluster_id);

  const token = await lock(other, 'gate');
  t.true(token > 1e12 && token > later, `${first}, ${later}, ${token}`);
  t.is((await other.send('GET', '/v1/kv/a')).body, '1');
  t.is((await other.get(`/v1/kv/a?revision=${later}`)).status, 410);
  for (const from of [written, later + 1]) {
    const watch = await other.send('GET', `/v1/watch?prefix=a&from=${from}`);
    t.regex(watch.body, /event:end[\s\S]*"code":"forgotten"/);
  }
  t.is(await kindOfPut(other, session), 'sessionExpired');
  t.true((await openSession(other)) > 1e12);
  // Who holds a lock, holds it until its time is over; its token is as good as before.
  const guarded = { 'x-lock': 'door', 'x-fencing-token': String(first) };
  t.is((await other.send('PUT', '/v1/kv/guarded', 'x', guarded)).status, 201);
});

async function lock(cluster: TestCluster, name: string): Promise<number> {
  const body = JSON.stringify({ holder: 'me', ttl: 600 });
  const answer = await cluster.send('POST', `/v1/locks/${name}/acquire`, body);
  return (JSON.parse(answer.body) as { token: number }).token;
}

async function withLeader<T>(
  cluster: TestCluster,
  run: (connection: ServerConnection) => Promise<T>,
): Promise<T> {
  const address = cluster.addressOf(await cluster.leader());
  const named = { clusterId: '', clusterName: 'gossip-raft' };
  const connection = new ServerConnection(address, () => named);
  return run(connection).finally(() => connection.close());
}

const openSession = (cluster: TestCluster): Promise<number> =>
  withLeader(cluster, async connection => {
    const { sessionId } = await connection.openSession('nonce', 5000);
    return sessionId ?? 0;
  });

/** What becomes of a put in a session. */
const kindOfPut = (cluster: TestCluster, session: number): Promise<string | undefined> =>
  withLeader(cluster, async connection => {
    const acks = connection.openAcks(session);
    const kind = new Promise<string | undefined>((resolve, reject) => {
      acks.on('error', reject);
      acks.on('data', (reply: AckReply) => {
        for (const { result } of reply.acks) resolve(decodeResult(result).type);
      });
    });
    const puts = connection.openPuts();
    puts.on('error', () => undefined);
    const command = encodeCommand(alone({ session, sequence: 1 }, only(append('b', 1, '[{}]'))));
    const named = { clusterId: '', clusterName: 'gossip-raft' };
    puts.write({ ...named, requestId: 1, commands: [Buffer.from(command)] });
    const found = await kind;
    acks.cancel();
    puts.cancel();
    return found;
  });

test.serial('a backup of format 1 is restored, and a backup of nothing is not', async t => {
  const other = await TestCluster.create(t);
  const restored = await cli(other, 'restore', 'test/fixtures/format-1.backup');
  t.is(restored.code, 0, restored.output);
  for (const id of other.ids) other.startServer(id);
  other.startClient();
  await other.reaches('GREEN');
  const objects = [{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }, { a: 5 }, { a: 'ä€😀' }];
  for (const id of other.ids) {
    t.deepEqual(
      (await other.entries(id)).map(({ data }) => data),
      objects,
    );
  }
  const { body, headers } = await other.send('GET', '/v1/kv/greeting');
  t.deepEqual([body, headers.get('content-type')], ['hello again', 'text/x-mine']);
  t.is((await other.send('GET', '/v1/kv?keys_only=true')).body.match(/"key"/g)?.length, 4);
  const again = await other.put([{ a: 1 }, { a: 2 }], { 'idempotency-key': 'one' });
  t.deepEqual([again.body['first'], again.body['last']], [1, 2]);

  const empty = await TestCluster.start(t, { count: 1 });
  const file = join(empty.folder, 'empty.backup');
  t.is((await cli(empty, 'backup', file)).code, 0);
  const target = await TestCluster.create(t);
  const { code, output } = await cli(target, 'restore', file);
  t.is(code, 1);
  t.regex(output, /holds no key and no entry: there is nothing to restore/);
});

test.serial(
  'a backup under load is whole, while the log is cut and a large value comes and goes',
  async t => {
    const limits = { snapshotIntervalBytes: 20_000, tailMaxBytes: 5000 };
    // To put such a value into a snapshot takes longer than a fast election on a busy machine.
    const cluster = await TestCluster.start(t, { limits, timing: 'default' });
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
