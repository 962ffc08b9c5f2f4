import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { freePorts } from '../fixtures/free-ports.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

type Ended = { readonly code: number; readonly stderr: string };

const run = (...flags: readonly string[]): Promise<Ended> =>
  new Promise(resolve => {
    execFile(process.execPath, ['dist/src/cli/main.js', ...flags], (error, _, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stderr }),
    );
  });

const sentence = /^[^\n]+\n$/;

test.serial('a data directory that is in use, foreign, or corrupt is refused', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  await cluster.put([{ a: 1 }, { b: 2 }]);
  const config = join(cluster.folder, 'n0.json');
  const other = join(cluster.folder, 'other.json');
  const document = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(other, JSON.stringify({ ...document, clusterName: 'another' }));
  t.regex((await run('server', 'n0', '--config', config)).stderr, /in use/);
  await cluster.kill('n0');
  t.regex(
    (await run('server', 'n0', '--config', other)).stderr,
    /belongs to the cluster "gossip-raft"/,
  );

  const folder = join(cluster.folder, 'data', 'n0');
  const log = join(folder, readdirSync(folder).find(name => name.endsWith('.wal')) ?? '');
  const sound = readFileSync(log);
  const broken = Buffer.from(sound);
  broken.write('damage', 200);
  writeFileSync(log, broken);
  const corrupt = await run('server', 'n0', '--config', config);
  t.is(corrupt.code, 1);
  t.regex(
    corrupt.stderr,
    /\.wal is damaged: it is corrupt at byte \d+.*put the file back.*recover/,
  );
  t.regex(corrupt.stderr, sentence);

  writeFileSync(log, sound);
  writeFileSync(join(folder, 'metadata.json'), '{"formatVersion": 1');
  t.regex((await run('server', 'n0', '--config', config)).stderr, /metadata\.json is damaged/);
});

test.serial(
  'a stranger, another cluster and garbage are refused, and said so in the log',
  async t => {
    const cluster = await TestCluster.start(t, { count: 2 });
    const folder = join(cluster.folder, 'strange');
    mkdirSync(folder);
    const document = JSON.parse(readFileSync(join(cluster.folder, 'n0.json'), 'utf8'));
    const strange = join(folder, 'c.json');
    // It calls itself n1 of another cluster, on a port of its own.
    const [port = 0] = await freePorts(1);
    const nodes = { ...document.nodes, n1: { host: 'localhost', port } };
    writeFileSync(strange, JSON.stringify({ ...document, nodes, clusterName: 'strange' }));
    const child = execFile(process.execPath, [
      'dist/src/cli/main.js',
      'server',
      'n1',
      '--config',
      strange,
    ]);
    t.teardown(() => child.kill('SIGKILL'));
    await until('n0 refuses it', () =>
      /refused a message of .*"n1" belongs to the cluster "strange"/.test(cluster.output('n0')),
    );
    const leader = await cluster.leader();
    t.is((await cluster.put([{ still: 'here' }])).status, 200);
    t.is(await cluster.leader(), leader);
  },
);
