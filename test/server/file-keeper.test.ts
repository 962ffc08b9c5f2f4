import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Entry } from '../../src/consensus/types.ts';
import { createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import { checkFiles, type FoundDamage } from '../../src/server/file-check.ts';
import { FileKeeper } from '../../src/server/file-keeper.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import { openServerStorage } from '../../src/storage/server-storage.ts';
import { writeSnapshot } from '../../src/storage/snapshot-file.ts';
import type { LogIndex, NodeId, Term } from '../../src/words.ts';
import { until } from '../fixtures/until.ts';
import { batches, inOrder } from '../storage/archive-damage.ts';
import { entry } from '../storage/crash-points.ts';

const byName = (a: string, b: string): number => (a < b ? -1 : 1);

const position = { term: 1 as Term, index: 10 as LogIndex };

/** The files of a server, of every kind, and its keeper; nobody else has anything of them. */
async function filledServer(t: ExecutionContext, isHeldBySnapshot = true) {
  const directory = mkdtempSync(join(tmpdir(), 'gossip-raft-files-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  let durableIndex = 0;
  const storage = await openServerStorage({
    dataDirectory: directory,
    clusterName: 'cluster',
    nodeId: 'n0',
    tailMaxBytes: 1000,
    segmentMaxBytes: 500,
    reserveBytes: 1000,
    listener: {
      persisted: (_, index) => {
        durableIndex = index;
      },
      failed: error => t.fail(error.message),
    },
    load: () =>
      Promise.resolve({
        position: { term: 0, index: 0 } as typeof position,
        isFetched: false,
        damaged: [],
      }),
  });
  t.teardown(() => storage.close());
  const { log, archive, metadata } = storage;
  for (let index = 1; index <= 30; index += 1) {
    log.append([entry(index, 1) as Entry], 0);
    await until('the entry is durable', () => durableIndex === index);
  }
  await archive.add(inOrder(batches(1, 10)), 10);
  const header = { clusterName: 'cluster', clusterId: undefined, position, commandLevel: 1 };
  await writeSnapshot(nodeFileSystem, directory, header, [Buffer.from('x'.repeat(300))]);
  const told: string[] = [];
  const keeper = new FileKeeper({
    directory,
    log,
    archive,
    metadata,
    sources: { state: createReplicatedState(), log, archive },
    bytesPerSecond: 100_000_000,
    others: () => ['n1' as NodeId],
    fill: () => Promise.reject(new Error('nobody is there')),
    dropLogBefore: async index => isHeldBySnapshot && (await log.compact(index)) !== undefined,
    say: (_, text) => told.push(text),
  });
  t.teardown(() => keeper.stop());
  return { directory, keeper, told, log, archive, metadata };
}

/** What one pass finds, and how long it waits for that: so many bytes it has read. */
async function passOver(files: Parameters<typeof checkFiles>[0]) {
  const found: FoundDamage[] = [];
  let waitedMs = 0;
  const wait = (ms: number): Promise<void> => {
    waitedMs += ms;
    return Promise.resolve();
  };
  for await (const damage of checkFiles(files, 1000, wait)) found.push(damage);
  return { found, waitedMs };
}

function change(directory: string, pattern: RegExp, place = 0): string {
  const name = readdirSync(directory)
    .filter(one => pattern.test(one))
    .sort(byName)[place];
  const path = join(directory, name ?? '');
  const content = readFileSync(path);
  // Beyond all headers.
  content[150] = (content[150] ?? 0) ^ 255;
  writeFileSync(path, content);
  return name ?? '';
}

test('sound files are read, all of them, and nothing is found', async t => {
  const server = await filledServer(t);
  t.true(server.log.files.length > 3);
  const { found, waitedMs } = await passOver(server);
  t.deepEqual(found, []);
  const logBytes = server.log.files.reduce((sum, { endOffset }) => sum + endOffset, 0);
  const snapshotBytes = readdirSync(server.directory)
    .filter(name => name.endsWith('.snap'))
    .reduce((sum, name) => sum + readFileSync(join(server.directory, name)).length, 0);
  // A thousand bytes a second; the last 20 ms are not worth a timer.
  const leastMs = logBytes + snapshotBytes + server.archive.sizeBytes;
  t.true(waitedMs > leastMs - 20, `${waitedMs} of ${leastMs} ms`);
});

test('a file that is dropped while all are read is no damage, and hides none', async t => {
  const server = await filledServer(t);
  const { archive, directory } = server;
  await archive.add(inOrder(batches(21, 10)), 31);
  await archive.add(inOrder(batches(41, 10)), 51);
  const name = change(directory, /^entries-.*\.jrn$/, 1);
  const read = archive.readFile.bind(archive);
  const maxBytes = archive.sizeBytes - 1;
  archive.readFile = async function* (...of) {
    await archive.drop({ maxBytes, maxAgeMs: undefined }, 0);
    yield* read(...of);
  };
  const { found } = await passOver(server);
  t.is(archive.firstSeq, 21);
  t.deepEqual(
    found.map(({ type }) => type),
    ['archive'],
  );
  t.deepEqual(archive.damagedFiles, [name]);
});

test('nothing of the log goes while the snapshot that holds it cannot be read', async t => {
  const { directory, keeper, told } = await filledServer(t);
  const [log, snapshot] = [/\.wal$/, /\.snap$/].map(pattern => change(directory, pattern));
  keeper.start();
  await until('both are named', () => keeper.damagedFiles.length === 2);
  await until('it is said', () => told.some(text => text.includes(`${log} is damaged`)));
  t.true(readdirSync(directory).includes(log ?? ''));
  t.true(told.some(text => text.includes(`${snapshot}`)));
  const next = { ...position, index: 11 as LogIndex };
  const header = { clusterName: 'cluster', clusterId: undefined, position: next, commandLevel: 1 };
  await writeSnapshot(nodeFileSystem, directory, header, [Buffer.from('thing')]);
  await until('it is gone', () => !readdirSync(directory).includes(log ?? ''));
});

test('damage in a file of any kind is found and named while the server runs', async t => {
  const { directory, keeper, told } = await filledServer(t, false);
  const names = [/\.jrn$/, /\.snap$/, /\.wal$/].map(pattern => change(directory, pattern));
  keeper.start();
  await until('all are named', () => keeper.damagedFiles.length === names.length);
  t.deepEqual(keeper.damagedFiles.toSorted(byName), names.toSorted(byName));
  for (const name of names)
    t.true(
      told.some(text => text.includes(name)),
      name,
    );
  t.true(told.some(text => /stop this server and start it again/.test(text)));
});

test('a damaged part of the log that the snapshot holds is let go of; another one is kept', async t => {
  const { directory, keeper, told } = await filledServer(t);
  const name = change(directory, /\.wal$/);
  keeper.start();
  await until('it is gone', () => !readdirSync(directory).includes(name));
  await until('it is said', () =>
    told.some(text => text.includes(`let go of ${directory}/${name}`)),
  );
  t.deepEqual(keeper.damagedFiles, []);
});

test('metadata that was changed on the disk is written anew, as the server knows it', async t => {
  const { directory, keeper, told } = await filledServer(t);
  const path = join(directory, 'metadata.json');
  const before = readFileSync(path, 'utf8');
  change(directory, /^metadata\.json$/);
  keeper.start();
  await until('it is written anew', () => readFileSync(path, 'utf8') === before);
  t.true(told.some(text => text.startsWith(path) && /written anew/.test(text)));
  t.deepEqual(keeper.damagedFiles, []);
});

test('who stops asks nobody more for what is missing', async t => {
  const asked: string[] = [];
  let breakOff = (): void => undefined;
  const archive = {
    missing: [
      { firstSeq: 1, lastSeq: 10 },
      { firstSeq: 21, lastSeq: 30 },
    ],
    damagedFiles: [],
    files: [],
    sizeBytes: 0,
    lastSeq: 30,
    throughIndex: 100,
  };
  const log = { files: [], findDamage: () => [] };
  const directory = mkdtempSync(join(tmpdir(), 'gossip-raft-files-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const keeper = new FileKeeper({
    directory,
    log,
    archive,
    metadata: {},
    sources: { state: createReplicatedState(), log: { firstIndex: 1 }, archive },
    bytesPerSecond: 1,
    others: () => ['n1', 'n2'],
    fill: (source: string, { firstSeq }: { firstSeq: number }) => {
      asked.push(`${firstSeq} of ${source}`);
      return new Promise((_, reject) => {
        breakOff = () => reject(new Error('broken off'));
        if (asked.length > 1) breakOff();
      });
    },
    dropLogBefore: () => Promise.resolve(false),
    say: () => undefined,
  } as never);
  keeper.start();
  await until('somebody is asked', () => asked.length === 1);
  const stopped = keeper.stop();
  breakOff();
  await stopped;
  t.deepEqual(asked, ['1 of n1']);
});
