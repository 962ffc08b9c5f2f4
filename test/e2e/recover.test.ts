import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';
import { Writers } from '../fixtures/writers.ts';

const run = promisify(execFile);

type Outcome = { readonly code: number; readonly output: string };

const cli = (...words: readonly string[]): Promise<Outcome> =>
  run(process.execPath, ['dist/src/cli/main.js', ...words]).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, output: stderr }),
  );

test.serial('two of three disks are lost: the steps of the page bring everything back', async t => {
  // With a log that is cut: a part of the objects is in the archive.
  const limits = { snapshotIntervalBytes: 20_000, tailMaxBytes: 5000 };
  const cluster = await TestCluster.start(t, { limits });
  await cluster.send('PUT', '/v1/kv/greeting', 'hello');
  const writers = new Writers(cluster);
  await until('enough entries', () => writers.ackedCount > 200);
  await writers.stop();
  const entries = await cluster.entries();
  await until('n2 has everything', async () => {
    const found = await cluster.entries('n2').catch(() => []);
    return found.length === entries.length;
  });
  const config = join(cluster.folder, 'n2.json');
  const directory = join(cluster.folder, 'data', 'n2');
  const inUse = await cli('recover', directory, '--config', config, '--yes');
  t.regex(inUse.output, /is in use by process \d+; stop that process/);
  const before = await cluster.view();
  await cluster.kill('n0', 'n1', 'n2');
  cluster.wipe('n0');
  cluster.wipe('n1');

  const dry = await cli('recover', directory, '--config', config, '--dry-run');
  t.is(dry.code, 0, dry.output);
  t.regex(dry.output, /server n2 of the cluster "gossip-raft" \(.+\), term \d+\n/);
  t.regex(dry.output, new RegExp(`posted objects +${entries.length}, up to ${entries.length}\n`));
  t.regex(dry.output, /other members +n0, n1\n/);
  t.regex(dry.output, /nobody can know without them\n/);
  t.regex(dry.output, /count as committed from now on/);
  const unasked = await cli('recover', directory, '--config', config);
  t.is(unasked.code, 1);
  t.regex(unasked.output, /nobody is there to be asked: nothing was done; say --yes to go on/);

  const exported = join(cluster.folder, 'n2.lines');
  const out = await cli('export', directory, exported);
  t.is(out.code, 0, out.output);
  const lines = readFileSync(exported, 'utf8').trim().split('\n');
  const objects = lines.map(line => JSON.parse(line)).filter(({ type }) => type === 'object');
  t.deepEqual(
    objects.map(({ seq, data }) => ({ seq, data })),
    entries.map(({ seq, data }) => ({ seq, data })),
  );

  const recovered = await cli('recover', directory, '--config', config, '--yes');
  t.is(recovered.code, 0, recovered.output);
  t.regex(recovered.output, /is now the only server of a new cluster \(.+\)/);
  // Its client server belonged to the old cluster.
  await cluster.kill('client');
  cluster.startServer('n2');
  cluster.startClient();
  await until('n2 leads', async () => {
    const view = await cluster.view().catch(() => undefined);
    return view?.leader === 'n2';
  }).catch(error => {
    t.log(cluster.output('n2'));
    throw error;
  });
  const greeting = await cluster.send('GET', '/v1/kv/greeting');
  t.is(greeting.body, 'hello');

  const addresses = ['n0', 'n1'].map(id => cluster.addressOf(id));
  for (const { id, host, port } of addresses) {
    cluster.startServer(id);
    const added = await cli('member', 'add', id, `${host}:${port}`, '--config', config);
    t.is(added.code, 0, added.output);
  }
  await cluster.isSettled();
  const view = await cluster.reaches('GREEN');
  t.not(view.cluster_id, before.cluster_id);
  t.is(view.members.filter(({ voter }) => voter).length, 3);
  const next = await cluster.put([{ after: 'the recovery' }]);
  t.is(next.body['first'], entries.length + 1);
  await writers.check(t);
});

test.serial(
  'of a damaged directory as much is exported as can be read, and nothing is changed',
  async t => {
    const limits = { snapshotIntervalBytes: 20_000, tailMaxBytes: 5000 };
    const cluster = await TestCluster.start(t, { count: 1, limits });
    const writers = new Writers(cluster);
    await until('enough entries', () => writers.ackedCount > 1000);
    await writers.stop();
    const entries = await cluster.entries();
    const directory = join(cluster.folder, 'data', 'n0');
    const busy = await cli('export', directory, join(cluster.folder, 'busy'));
    t.regex(busy.output, /is in use by process \d+/);
    await cluster.kill('n0');
    const archived = readdirSync(directory)
      .filter(name => name.endsWith('.jrn'))
      .sort((a, b) => Number(a.split('-')[1]) - Number(b.split('-')[1]));
    t.true(archived.length >= 2);

    const damaged = join(cluster.folder, 'damaged');
    cpSync(directory, damaged, { recursive: true });
    rmSync(join(damaged, 'lock'), { force: true });
    const [gone = ''] = archived;
    const [, , first, last] = gone.split(/[-.]/).map(Number);
    rmSync(join(damaged, gone));
    const namesBefore = readdirSync(damaged);
    const file = join(cluster.folder, 'n0.lines');
    const { code, output } = await cli('export', damaged, file);
    t.is(code, 1);
    t.regex(output, /the directory is damaged, and the file is not whole:/);
    t.regex(output, /objects \d+ to \d+ are missing/);
    t.deepEqual(readdirSync(damaged), namesBefore);
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const found = new Map<number, unknown>();
    for (const { type, seq, data } of lines) if (type === 'object') found.set(seq, data);
    const missing = lines.filter(({ type }) => type === 'missing');
    const isMissing = (seq: number): boolean =>
      missing.some(gap => seq >= gap.from && seq <= gap.to);
    t.true(missing.length > 0);
    for (const { seq, data } of entries) {
      if (isMissing(seq)) t.true(seq >= (first ?? 0) && seq <= (last ?? 0) && !found.has(seq));
      else t.deepEqual(found.get(seq), data, `object ${seq}`);
    }

    rmSync(join(damaged, 'metadata.json'));
    const nameless = await cli('export', damaged, join(cluster.folder, 'nameless.lines'));
    t.regex(nameless.output, /metadata\.json is not there: whose directory it is, is not known/);
    t.regex(nameless.output, /the objects before \d+ are in no file/);

    const config = join(cluster.folder, 'n0.json');
    const refused = await cli('recover', damaged, '--config', config, '--yes');
    t.is(refused.code, 1, refused.output);
    t.false(existsSync(`${damaged}.recovering`));
  },
);
