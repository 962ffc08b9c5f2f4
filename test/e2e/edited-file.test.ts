import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { freePorts } from '../fixtures/free-ports.ts';
import { LocalCluster } from '../fixtures/local-cluster.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

/** Longer than an election of the fast profile. */
const silenceMs = 1000;

test.serial('what was refused is shown with the reason, and done when it can be', async t => {
  const cluster = await TestCluster.start(t);
  await cluster.reaches('GREEN');
  await cluster.kill('n2');
  await until('n2 is known to be away', async () => {
    const { members } = await cluster.view();
    return (members.find(({ id }) => id === 'n2')?.age_ms ?? 0) > silenceMs;
  });
  // Of n0 and n2, one is away: that would be no majority.
  await cluster.plan(['n0', 'n2']);
  cluster.writeFiles('n0');
  const shown = await until('a refusal', async () => {
    const { changes } = await cluster.view();
    return changes.find(text => text.includes('n1 removed: refused'));
  });
  t.regex(shown, /the configuration file wants n1 removed: refused, there would be no majority/);
  cluster.startServer('n2');
  await cluster.isSettled();
  t.is(cluster.output('n0').match(/n1 removed: refused/g)?.length, 1, 'it is said once');
});

test.serial('what a running server ignores or finds odd is said when the file changes', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const path = join(cluster.folder, 'n0.json');
  const document = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...document, timing: 'wan', num_nodes: 3 }));
  await until('it is said', () => cluster.output('n0').includes('num_nodes says 3'));
  t.regex(
    cluster.output('n0'),
    /has another timing than at the start of this server, which counts/,
  );
  writeFileSync(path, JSON.stringify({ ...document, clusterName: 'other' }));
  await until('the name', () =>
    /another clusterName .* a data directory of "gossip-raft" will be refused then/.test(
      cluster.output('n0'),
    ),
  );
});

test.serial(
  'a server that an edit takes out, and the next one puts back, comes back by itself',
  async t => {
    const [port = 0] = await freePorts(1);
    const cluster = await LocalCluster.start(t, '--port', String(port));
    await cluster.says(/ready in/);
    const path = join(cluster.folder, 'cluster-configuration.json');
    const url = `http://127.0.0.1:${port}`;
    const set = (value: string): Promise<Response> =>
      fetch(`${url}/v1/kv/key`, {
        method: 'PUT',
        body: value,
        headers: { 'content-type': 'text/plain' },
      });
    t.true((await set('before')).ok);
    const document = JSON.parse(readFileSync(path, 'utf8'));
    const { n2: _, ...rest } = document.nodes;
    writeFileSync(path, JSON.stringify({ ...document, nodes: rest }));
    await cluster.says(/n2 {2}this server was removed from the cluster/);
    await cluster.says(/n2 {2}stopped/);
    t.true((await set('meanwhile')).ok);
    writeFileSync(path, JSON.stringify(document));
    await cluster.says(/n2 is a voter now/);
    const value = await until('n2 has what happened', async () => {
      const answer = await fetch(`${url}/v1/kv/key?consistency=local&server=n2`);
      const text = await answer.text();
      return answer.ok && text === 'meanwhile' ? text : undefined;
    });
    t.is(value, 'meanwhile');
  },
);
