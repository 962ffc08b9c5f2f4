import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Entry } from '../../src/consensus/types.ts';
import { FileKeeper } from '../../src/server/file-keeper.ts';
import { createReplicatedState } from '../../src/state-machines/replicated-state.ts';
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
  const header = { clusterName: 'cluster', clusterId: undefined, position };
  await writeSnapshot(nodeFileSystem, directory, header, [{ some: 'x'.repeat(300) }]);
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
  return { directory, keeper, told, log };
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

test('sound files are read, and nothing is said', async t => {
  const { keeper, told, log } = await filledServer(t);
  t.true(log.files.length > 3);
  keeper.start();
  await new Promise(resolve => setTimeout(resolve, 300));
  t.deepEqual([keeper.damagedFiles, told], [[], []]);
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
