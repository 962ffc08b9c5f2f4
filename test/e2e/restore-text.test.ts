import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

const run = promisify(execFile);

type Keys = {
  readonly keys: readonly {
    readonly key: string;
    readonly value?: string;
    readonly type: string;
  }[];
};

/** What people see of a store, whenever and by whatever entries it was made. */
async function contentOf(cluster: TestCluster) {
  const { body } = await cluster.get<Keys>('/v1/kv?prefix=&limit=1000');
  const entries = await cluster.entries();
  return {
    keys: body.keys.map(({ key, value, type, ...rest }) => {
      const { value_base64 } = rest as { value_base64?: string };
      return { key, value, value_base64, type };
    }),
    entries: entries.map(({ seq, data }) => ({ seq, data })),
  };
}

async function fill(cluster: TestCluster): Promise<void> {
  const set = async (
    key: string,
    value: string | Uint8Array,
    type = 'text/plain',
  ): Promise<void> => {
    const { status } = await cluster.send('PUT', `/v1/kv/${key}`, value, { 'content-type': type });
    if (status >= 300) throw new Error(`${key}: ${status}`);
  };
  await set('name1', 'Jaggu');
  await set('with%20spaces', 'two words\nand a line');
  await set('leer', '');
  await set('gr%C3%BC%C3%9Fe', 'Grüße ☂');
  await set('bytes', Uint8Array.from([0, 255, 128, 10]), 'application/octet-stream');
  await set('gone', 'soon');
  await cluster.send('DELETE', '/v1/kv/gone');
  await cluster.send('POST', '/v1/kv/count/incr?by=41');
  await cluster.send('POST', '/v1/kv/count/incr');
  await cluster.put([{ a: 1 }, { a: 2, text: 'SET x y 1\nNO-OP 2' }]);
  await cluster.put({ single: true }, {}, '/put_key');
  const branches =
    '"then":[{"op":"put","key":"then","value":"a b"},{"op":"put_all","entries":[{"by":"then"}]}],' +
    '"else":[{"op":"put_all","entries":[{"by":"else"},{"by":"else"}]}]';
  const transact = (key: string): Promise<unknown> =>
    cluster.send('POST', '/v1/txn', `{"compare":[{"key":"${key}","exists":true}],${branches}}`);
  await transact('name1');
  await transact('nobody');
}

test('a server that lost its disk kept its text log aside, and a new store is made of it', async t => {
  const limits = { snapshotIntervalBytes: 400 };
  const cluster = await TestCluster.start(t, { count: 1, hasTextRecords: true, limits });
  await fill(cluster);
  // From a snapshot, behind which the log is cut: the text log goes on where it was.
  await cluster.kill('n0');
  cluster.startServer('n0');
  await cluster.leader();
  t.is((await cluster.put([{ after: 'a restart' }])).status, 200);
  const before = await contentOf(cluster);
  t.deepEqual([before.keys.length, before.entries.length], [7, 7]);
  await new Promise(resolve => setTimeout(resolve, 200));
  await cluster.kill('n0', 'client');
  cluster.wipe('n0');

  cluster.startServer('n0');
  cluster.startClient();
  await cluster.leader();
  const kept = join(cluster.folder, 'data', 'logs_node_0', 'logs.before.txt');
  await until('the old text log is there', () => existsSync(kept));
  t.regex(cluster.output('n0'), /the text log of before is kept as .*logs\.before\.txt/);
  t.deepEqual(await contentOf(cluster), { keys: [], entries: [] });
  const config = join(cluster.folder, 'n0.json');
  const words = ['dist/src/cli/main.js', 'restore', '--from-text', kept, '--config', config];
  const { stdout } = await run(process.execPath, words);
  t.regex(stdout, /restored from \d+ lines of/);
  t.deepEqual(await contentOf(cluster), before);
});
