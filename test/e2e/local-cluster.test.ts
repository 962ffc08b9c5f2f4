import { createServer } from 'node:net';
import test from 'ava';
import { freePorts } from '../fixtures/free-ports.ts';
import { LocalCluster } from '../fixtures/local-cluster.ts';
import { until } from '../fixtures/until.ts';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.serial(
  'kill -9 of a server ends no other one, and it is started again; Ctrl-C ends all of them, ' +
    'hands nothing over and warns of nothing',
  async t => {
    const [port = 0] = await freePorts(1);
    const cluster = await LocalCluster.start(t, '--port', String(port));
    const [, leader = ''] = await cluster.says(/leader (n\d), ready in/);
    await cluster.says(/health GREEN: all 3 servers take part; 1 may fail/);
    const killed = cluster.pidOf(leader);
    process.kill(killed, 'SIGKILL');
    await cluster.says(
      new RegExp(`${leader} was killed \\(SIGKILL\\): 2 of 3 serve; it is started`),
    );
    await cluster.nextPidOf(leader, killed);
    await cluster.says(new RegExp(`${leader} {2}listens on`), 2);
    const put = await fetch(`http://127.0.0.1:${port}/v1/kv/greeting`, {
      method: 'PUT',
      body: 'hello',
      headers: { 'content-type': 'text/plain' },
    });
    t.true(put.ok);

    const pids = ['n0', 'n1', 'n2'].map(name => cluster.pidOf(name));
    const before = cluster.output.length;
    t.is(await cluster.stop('SIGINT'), 0);
    const last = cluster.output.slice(before);
    t.notRegex(last, /transferring|warn|error|lost|killed/, last);
    t.is(last.match(/n\d {2}stopped/g)?.length, 3, last);
    t.deepEqual(pids.filter(isAlive), []);
  },
);

test.serial('when the parent is killed, no server stays behind', async t => {
  const [port = 0] = await freePorts(1);
  const cluster = await LocalCluster.start(t, '--port', String(port));
  await cluster.says(/ready in/);
  const pids = ['n0', 'n1', 'n2'].map(name => cluster.pidOf(name));
  cluster.process.kill('SIGKILL');
  await until('all have ended', () => !pids.some(isAlive));
  t.notRegex(cluster.output, /transferring/);
});

test.serial('a server that ends again and again is left alone in the end, and said so', async t => {
  const [port = 0] = await freePorts(1);
  const cluster = await LocalCluster.start(t, '--port', String(port));
  await cluster.says(/ready in/);
  let pid = cluster.pidOf('n1');
  process.kill(pid, 'SIGKILL');
  for (let count = 2; count <= 5; count += 1) {
    pid = await cluster.nextPidOf('n1', pid);
    process.kill(pid, 'SIGKILL');
    await cluster.says(/n1 was killed/, count);
  }
  const [line] = await cluster.says(/n1 was killed.*not started again.*/);
  t.regex(line, /2 of 3 serve; that was 5 times within a minute/);
});

test.serial('an HTTP port in use: the next free one, unless it was given', async t => {
  const blocker = createServer().on('error', () => undefined);
  await new Promise<void>(resolve => {
    blocker.once('error', () => resolve());
    blocker.listen(8000, '127.0.0.1', () => resolve());
  });
  t.teardown(() => blocker.close());
  const cluster = await LocalCluster.start(t);
  const [, port] = await cluster.says(/the port 8000 is in use: HTTP is on (\d+)/);
  await cluster.says(new RegExp(`HTTP +http://127\\.0\\.0\\.1:${port} `));

  const strict = await LocalCluster.start(t, '--port', '8000');
  await strict.says(/cannot listen on 127\.0\.0\.1:8000: the port is in use/);
  t.is(await until('it ends', () => strict.process.exitCode ?? undefined), 1);
});
