import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';

/** Runs `gossip-raft lock` with these words; its exit code and what it wrote. */
async function lock(cluster: TestCluster, ...words: readonly string[]) {
  const config = join(cluster.folder, 'client.json');
  const child = spawn(process.execPath, ['dist/src/cli/main.js', 'lock', '-c', config, ...words]);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      text += String(chunk);
    });
  }
  const [code] = await once(child, 'close');
  return { code: Number(code), text };
}

test('a command runs while the lock is held, and ends as it does', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const show = ['--', 'sh', '-c', 'echo "token $LOCK_TOKEN of $LOCK_NAME"; exit 7'];
  const first = await lock(cluster, 'door', ...show);
  t.is(first.code, 7, first.text);
  t.regex(first.text, /^token \d+ of door$/m);
  const body = JSON.stringify({ holder: 'me', ttl: 60 });
  const held = await cluster.send('POST', '/v1/locks/door/acquire', body);
  const { token } = JSON.parse(held.body);
  const refused = await lock(cluster, 'door', ...show);
  t.true(refused.code !== 0 && refused.code !== 7);
  t.regex(refused.text, /somebody else holds the lock door/);
  const waiting = lock(cluster, 'door', '--wait', '30', '--', 'true');
  await cluster.send('POST', '/v1/locks/door/release', JSON.stringify({ token }));
  t.is((await waiting).code, 0);
  t.false(JSON.parse((await cluster.send('GET', '/v1/locks/door')).body).held);
});
