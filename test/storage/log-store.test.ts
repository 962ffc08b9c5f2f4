import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Entry, LogIndex, Term } from '../../src/consensus/types.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import type { FloorStore } from '../../src/storage/log-floor.ts';
import type { LogStore } from '../../src/storage/log-store.ts';
import { emptyLog, type LogContent, MemoryStore } from '../../src/storage/memory-store.ts';
import { WriteAheadLog } from '../../src/storage/write-ahead-log.ts';
import { until } from '../fixtures/until.ts';
import { checkBitFlips, filledDisk } from './bit-flips.ts';
import { entry, openLog, openMetadata } from './crash-points.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/* One suite for every implementation of the log's contract. */

/** A directory of before floors were kept. */
const noFloor: FloorStore = { logFloor: undefined, update: () => undefined };

type Told = { readonly generation: number; readonly index: number };
type Rig = {
  readonly store: LogStore;
  readonly told: Told[];
  /** Lets the disk finish whatever it was given. */
  settle(): Promise<void>;
  /** Another life on the same disk. */
  reopen(): Promise<Rig>;
};

function memoryRig(disk: LogContent = emptyLog): Rig {
  const told: Told[] = [];
  const store = new MemoryStore(
    { persisted: (generation, index) => told.push({ generation, index }), failed: () => undefined },
    disk,
  );
  return {
    store,
    told,
    settle: async () => store.completeWrites(),
    reopen: async () => memoryRig(store.crash(0)),
  };
}

async function diskRig(t: ExecutionContext, folder?: string): Promise<Rig> {
  const directory = folder ?? mkdtempSync(join(tmpdir(), 'gossip-raft-log-'));
  const told: Told[] = [];
  const { log } = await WriteAheadLog.open({
    directory,
    directoryId: 'directory-1',
    fileSystem: nodeFileSystem,
    listener: {
      persisted: (generation, index) => told.push({ generation, index }),
      failed: error => t.fail(error.message),
    },
    floorStore: noFloor,
    segmentMaxBytes: 2000,
    tailMaxBytes: 500,
    canRebuild: false,
  });
  t.teardown(async () => {
    await log.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    store: log,
    told,
    settle: async () => {
      await until('the disk is done', () => told.at(-1)?.index === log.lastIndex);
    },
    reopen: async () => {
      await log.close();
      return diskRig(t, directory);
    },
  };
}

const rigs: readonly (readonly [string, (t: ExecutionContext) => Promise<Rig> | Rig])[] = [
  ['memory store', () => memoryRig()],
  ['write-ahead log', t => diskRig(t)],
];
const entriesFrom = (first: number, count: number, term = 1): Entry[] =>
  Array.from({ length: count }, (_, place) => entry(first + place, term));
const read = (store: LogStore, from: number, through: number, maxBytes = 1e9) =>
  store.read({ fromIndex: from as LogIndex, throughIndex: through as LogIndex, maxBytes });
const readAll = (store: LogStore): Promise<Entry[]> => readFrom(store, 1);
async function readFrom(store: LogStore, first: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  while (first + entries.length <= store.lastIndex) {
    const part = await read(store, first + entries.length, store.lastIndex);
    if (part.length === 0) break;
    entries.push(...part);
  }
  return entries;
}
const plain = (entries: readonly Entry[]) =>
  entries.map(({ payload, ...rest }) => ({
    ...rest,
    payload: Buffer.from(payload).toString('hex'),
  }));

for (const [name, createRig] of rigs) {
  test(`${name}: what was appended is readable at once and durable when told`, async t => {
    const { store, told, settle } = await createRig(t);
    t.is(store.lastIndex, 0 as LogIndex);
    store.append(entriesFrom(1, 3), 0);
    store.append(entriesFrom(4, 2), 0);
    t.is(store.lastIndex, 5 as LogIndex);
    t.deepEqual(plain(await readAll(store)), plain(entriesFrom(1, 5)));
    await settle();
    t.deepEqual(told.at(-1), { generation: 0, index: 5 });
  });

  test(`${name}: a read keeps its range and its bytes, but gives one entry at least`, async t => {
    const { store, settle } = await createRig(t);
    store.append(entriesFrom(1, 60), 0);
    await settle();
    t.deepEqual(
      (await read(store, 7, 9)).map(({ index }) => Number(index)),
      [7, 8, 9],
    );
    t.is((await read(store, 2, 60, 1)).length, 1);
    const some = await read(store, 1, 60, 400);
    t.true(some.length > 1 && some.length < 10);
    t.deepEqual(await read(store, 61, 70), []);
  });

  test(`${name}: entries of any size can be read, wherever one begins`, async t => {
    const { store, settle } = await createRig(t);
    const sizes = [10, 300_000, 20, 1_000_000, 262_096, 262_144, 5, 700_000, 1];
    const entries = sizes.map((size, place) => entry(place + 8, 1, size));
    store.append([...entriesFrom(1, 7), ...entries], 0);
    await settle();
    store.append(entriesFrom(17, 20), 0);
    await settle();
    for (const one of entries.filter(({ kind }) => kind === 'command')) {
      const [found] = await read(store, one.index, store.lastIndex, 1);
      t.is(found?.index, one.index);
      t.true(Buffer.from(found?.payload ?? []).equals(one.payload));
    }
    t.is((await read(store, 8, 16)).length, 9);
  });

  test(`${name}: a truncation is final, and what follows it survives a restart`, async t => {
    const rig = await createRig(t);
    rig.store.append(entriesFrom(1, 40), 0);
    await rig.settle();
    rig.store.truncate(12 as LogIndex, 1);
    rig.store.append(entriesFrom(12, 5, 2), 1);
    const expected = plain([...entriesFrom(1, 11), ...entriesFrom(12, 5, 2)]);
    t.deepEqual(plain(await readAll(rig.store)), expected);
    await rig.settle();
    t.deepEqual(rig.told.at(-1), { generation: 1, index: 16 });
    const { store } = await rig.reopen();
    t.is(store.lastIndex, 16 as LogIndex);
    t.deepEqual(plain(await readAll(store)), expected);
  });

  test(`${name}: a log that begins anew behind a snapshot`, async t => {
    const { store, told, settle } = await createRig(t);
    store.append(entriesFrom(1, 40), 0);
    store.reset({ term: 3 as Term, index: 100 as LogIndex }, 1);
    t.is(store.lastIndex, 100 as LogIndex);
    t.deepEqual(await read(store, 30, 40), []);
    store.append(entriesFrom(101, 30, 3), 1);
    await settle();
    t.deepEqual(told.at(-1), { generation: 1, index: 130 });
    t.deepEqual(plain(await readFrom(store, 101)), plain(entriesFrom(101, 30, 3)));
    store.truncate(110 as LogIndex, 2);
    store.append(entriesFrom(110, 2, 4), 2);
    await settle();
    t.is((await readFrom(store, 101)).length, 11);
  });

  test(`${name}: an entry that would leave a gap is a bug, and is found`, async t => {
    const { store } = await createRig(t);
    t.throws(() => store.append(entriesFrom(2, 1), 0), { message: /no gap/ });
  });
}

test('writes that wait for the disk share one sync', async t => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk);
  for (let index = 1; index <= 50; index += 1) log.append([entry(index, 1, 1)], 0);
  await log.close();
  t.true(log.syncCount < 5, `${log.syncCount} syncs for 50 appends`);
});

test('a log with a flipped bit, zeros, a cut or a file left out is whole, or says that it is not', async t => {
  t.deepEqual(await checkBitFlips(), []);
});

test('a missing part of the log is named; what lies before stays, the rest is put aside', async t => {
  const disk = await filledDisk(24);
  const [, second = '', third = ''] = disk.paths().filter(path => path.endsWith('.wal'));
  disk.remove(second);
  const { recovered, shortfall, log } = await openLog(disk);
  await log.close();
  t.is(shortfall?.file, third);
  t.regex(shortfall?.why ?? '', /entries 9 to 16 are missing before it/);
  t.is(shortfall?.heldBefore, 24);
  t.is(recovered.lastIndex, 8 as LogIndex);
  t.true(disk.paths().some(path => path.startsWith(`${shortfall?.folder}/`)));
  t.true(openMetadata(disk).isRecovering);
});

test('a mark that was torn in a file that is full does no harm', async t => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk);
  log.append(entriesFrom(1, 8), 0);
  const first = '/data/log-0000000000000001.wal';
  const before = (): number => disk.content(first).findLastIndex(byte => byte !== 0);
  await until('the entries are there', () => before() > 700);
  const end = before();
  // Written after a silence, without a sync.
  await until('the mark is there', () => before() > end + 40);
  log.append(entriesFrom(9, 3), 0);
  await log.close();
  const torn = disk.content(first);
  disk.overwrite(first, torn.fill(0, before() - 10, before() + 1));
  const { recovered, shortfall, log: again } = await openLog(disk);
  t.is(shortfall, undefined);
  t.is(recovered.lastIndex, 11 as LogIndex);
  t.deepEqual(plain(await readAll(again)), plain(entriesFrom(1, 11)));
  await again.close();
});

test('a log of which nothing is left is not an empty one', async t => {
  const disk = await filledDisk(24);
  for (const path of disk.paths().filter(one => one.endsWith('.wal'))) disk.remove(path);
  const { recovered, shortfall, log } = await openLog(disk);
  await log.close();
  t.is(recovered.lastIndex, 0 as LogIndex);
  t.regex(shortfall?.why ?? '', /it is missing/);
  t.is(shortfall?.heldBefore, 24);
});

test('a log that nobody else can rebuild is refused, and left as it is', async t => {
  const disk = await filledDisk(24);
  const [first = ''] = disk.paths().filter(path => path.endsWith('.wal'));
  disk.overwrite(first, disk.content(first).subarray(0, 300));
  const before = disk.afterKill();
  const alone = WriteAheadLog.open({
    directory: '/data',
    directoryId: 'directory-1',
    fileSystem: disk,
    floorStore: openMetadata(disk),
    listener: { persisted: () => undefined, failed: () => undefined },
    segmentMaxBytes: 700,
    tailMaxBytes: 200,
    canRebuild: false,
  });
  await t.throwsAsync(alone, { message: /in entry 3\. No majority.*put the file back.*recover/ });
  t.deepEqual(disk.paths(), before.paths());
  t.false(openMetadata(disk).isRecovering);
});

test('what is damaged below the snapshot does no harm: the log begins behind it', async t => {
  const disk = await filledDisk(40);
  const [first = '', second = '', third = ''] = disk.paths().filter(path => path.endsWith('.wal'));
  disk.overwrite(first, disk.content(first).fill(0, 200, 300));
  disk.overwrite(second, disk.content(second).fill(0, 0, 96));
  const opened = await openLog(disk, undefined, 1e6, mark(1, 30, false));
  const { recovered, shortfall, repaired, log } = opened;
  t.is(shortfall, undefined);
  t.is(repaired?.path, first);
  t.is(recovered.lastIndex, 40 as LogIndex);
  t.deepEqual(plain(await readFrom(log, 17)), plain(entriesFrom(17, 24)));
  await log.close();
  t.deepEqual(
    disk.paths().find(path => /^.data.log/.test(path)),
    third,
  );
});

test('a log that lost what follows the snapshot begins anew behind it, and is recovering', async t => {
  const disk = await filledDisk(40);
  const snapshot = '/data/snapshot-0000000000000030.snap';
  await disk.openLogFile(snapshot);
  const fourth = '/data/log-0000000000000025.wal';
  disk.overwrite(fourth, disk.content(fourth).fill(0, 200, 300));
  const { recovered, shortfall, log } = await openLog(disk, undefined, 1e6, mark(1, 30, false));
  await log.close();
  t.regex(shortfall?.why ?? '', /corrupt at byte \d+, in entry \d+/);
  t.deepEqual(recovered.base, mark(1, 30, false).position);
  t.is(recovered.lastIndex, 30 as LogIndex);
  t.false(disk.paths().includes(snapshot), 'it stands for itself now');
  const { recovered: again, shortfall: none } = await openLog(
    disk,
    undefined,
    1e6,
    mark(1, 30, true),
  );
  t.is(again.lastIndex, 30 as LogIndex);
  t.is(none, undefined);
});

test('a failing disk is told once, and nothing is acknowledged after it', async t => {
  const disk = new SimulatedDisk();
  const errors: string[] = [];
  const told: number[] = [];
  const { log } = await openLog(disk, {
    persisted: (_, index) => told.push(index),
    failed: error => errors.push(error.message),
  });
  log.append([entry(1, 1)], 0);
  await until('the first entry is durable', () => told.includes(1));
  disk.errorAt = disk.operationCount + 2;
  log.append([entry(2, 1)], 0);
  await until('the failure', () => errors.length > 0);
  log.append([entry(3, 1)], 0);
  await log.close();
  t.deepEqual(errors, ['no space left on device']);
  t.deepEqual(told, [1]);
});

const mark = (term: number, index: number, isFetched: boolean) => ({
  position: { term: term as Term, index: index as LogIndex },
  isFetched,
});

test('files that a snapshot holds are removed, and the log begins with one of its entries', async t => {
  const disk = await filledDisk(40);
  const { log } = await openLog(disk);
  const before = disk.paths().length;
  t.is(await log.compact(3 as LogIndex), undefined, 'the first file holds more than that');
  const baseIndex = (await log.compact(30 as LogIndex)) ?? 0;
  t.true(baseIndex > 10 && baseIndex <= 30);
  t.true(disk.paths().length < before);
  t.deepEqual(
    plain(await readFrom(log, baseIndex + 1)),
    plain(entriesFrom(baseIndex + 1, 40 - baseIndex)),
  );
  await log.close();

  const without = await openLog(disk.afterKill());
  t.regex(without.shortfall?.why ?? '', /entries 1 to 24 are missing/);
  const { recovered, log: again } = await openLog(disk, undefined, 200, mark(1, 30, false));
  t.deepEqual(recovered.base, { term: 1, index: baseIndex } as never);
  t.is(recovered.lastIndex, 40 as LogIndex);
  await again.close();
});

test('a snapshot that came from elsewhere begins the log anew, unless the log holds it', async t => {
  const disk = await filledDisk(40);
  const { recovered: held, log } = await openLog(disk, undefined, 200, mark(1, 30, true));
  t.is(held.base.index, 0 as LogIndex);
  await log.close();
  const { recovered, log: begun } = await openLog(disk, undefined, 200, mark(2, 30, true));
  t.deepEqual(recovered, {
    base: mark(2, 30, true).position,
    runs: [],
    lastIndex: 30,
    tail: [],
  } as never);
  t.deepEqual(disk.paths(), ['/data/metadata.json']);
  begun.append(entriesFrom(31, 3, 2), 0);
  await begun.close();
  const { recovered: later } = await openLog(disk, undefined, 200, mark(2, 30, true));
  t.deepEqual(later.base, mark(2, 30, true).position);
  t.is(later.lastIndex, 33 as LogIndex);
});

test('a log file of another data directory is refused', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gossip-raft-log-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const open = (directoryId: string) =>
    WriteAheadLog.open({
      directory: folder,
      directoryId,
      fileSystem: nodeFileSystem,
      listener: { persisted: () => undefined, failed: () => undefined },
      floorStore: noFloor,
      segmentMaxBytes: 2000,
      tailMaxBytes: 500,
      canRebuild: false,
    });
  const { log } = await open('directory-1');
  log.append([entry(1, 1)], 0);
  await log.close();
  await t.throwsAsync(open('directory-2'), { message: /belongs to another data directory/ });
  const [name = ''] = readdirSync(folder);
  writeFileSync(join(folder, name), readFileSync(join(folder, name)).subarray(0, 50));
  const { recovered, log: reopened } = await open('directory-1');
  await reopened.close();
  t.is(recovered.lastIndex, 0 as LogIndex, 'a file that was never begun is begun again');
});
