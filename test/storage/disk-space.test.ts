import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { noPosition } from '../../src/consensus/position.ts';
import { StartupError } from '../../src/errors/startup-error.ts';
import { watchSpace } from '../../src/server/disk-events.ts';
import { DiskSpace } from '../../src/storage/disk-space.ts';
import { type FileSystem, type LogFile, nodeFileSystem } from '../../src/storage/file-system.ts';
import { openServerStorage } from '../../src/storage/server-storage.ts';
import { until } from '../fixtures/until.ts';
import { batches, inOrder } from './archive-damage.ts';
import { entry, openLog } from './crash-points.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const directory = '/data';
const reserveBytes = 1000;

const outOfRoom = (code = 'ENOSPC'): Error => Object.assign(new Error('no room'), { code });

/** A disk that has as much room as the test says. */
class SmallDisk extends SimulatedDisk {
  freeBytes = 1e6;
  lookCount = 0;
  /** A quota: it takes less than there seems to be. */
  isQuotaUsedUp = false;
  openedCount = 0;

  override async openLogFile(path: string): Promise<LogFile> {
    this.openedCount += 1;
    const file = await super.openLogFile(path);
    const write = file.write.bind(file);
    file.write = (...how) =>
      this.isQuotaUsedUp ? Promise.reject(outOfRoom('EDQUOT')) : write(...how);
    return file;
  }

  override spaceOf(): { readonly freeBytes: number; readonly totalBytes: number } {
    this.lookCount += 1;
    return { freeBytes: this.freeBytes, totalBytes: 1e6 };
  }
}

test('writes are refused while there is still some room, and taken when there is plenty again', async t => {
  const disk = new SmallDisk();
  const space = new DiskSpace(disk, directory, reserveBytes);
  const told: unknown[] = [];
  await space.start({
    filling: used => told.push(Math.round(100 * used)),
    full: isFull => told.push(isFull),
  });
  t.teardown(() => space.stop());
  t.deepEqual(told, []);
  t.true(disk.paths().includes('/data/reserve'));
  disk.freeBytes = 150_000;
  await until('the warning', () => told.length > 0);
  t.deepEqual(told, [85]);
  t.false(space.isFull);
  disk.freeBytes = 900;
  await until('it is full', () => space.isFull);
  disk.freeBytes = 1100;
  const { lookCount } = disk;
  await until('it was looked at twice', () => disk.lookCount > lookCount + 1);
  t.true(space.isFull, 'a little room is not enough');
  disk.freeBytes = 500_000;
  await until('there is room', () => !space.isFull);
  t.deepEqual(told, [85, true, false]);
});

test('what finds no room gets the reserve, and it is filled again when there is room', async t => {
  const disk = new SmallDisk();
  const space = new DiskSpace(disk, directory, reserveBytes);
  await space.start({ filling: () => undefined, full: () => undefined });
  t.teardown(() => space.stop());
  const reserved = space.withReserve();
  const file = await reserved.openLogFile('/data/log');
  disk.freeBytes = 0;
  disk.errorAt = disk.operationCount + 1;
  await file.write(Buffer.from('entry'), 0);
  t.false(disk.paths().includes('/data/reserve'));
  t.true(disk.paths().includes('/data/reserve-metadata'), 'votes have one of their own');
  disk.errorAt = disk.operationCount + 1;
  reserved.writeAndSync('/data/metadata.json.new', 'vote');
  t.is(disk.readTextIfPresent('/data/metadata.json.new'), 'vote');
  t.false(disk.paths().includes('/data/reserve-metadata'));
  disk.errorAt = disk.operationCount + 1;
  await t.throwsAsync(file.write(Buffer.from('more'), 5), { message: /no space/ });
  disk.freeBytes = 1e6;
  await until('it is filled', () => disk.paths().includes('/data/reserve'));
});

test('a log that finds no room waits for it; one whose sync fails never tries again', async t => {
  const disk = new SimulatedDisk();
  const told: number[] = [];
  const errors: string[] = [];
  const { log } = await openLog(disk, {
    persisted: (_, index) => told.push(index),
    failed: error => errors.push(error.message),
  });
  log.append([entry(1, 1)], 0);
  await until('the first entry is durable', () => told.includes(1));
  // The next operations are a write and a sync.
  disk.errorAt = disk.operationCount + 1;
  log.append([entry(2, 1)], 0);
  await until('the second one is durable, after a while', () => told.includes(2));
  t.deepEqual(errors, []);
  disk.errorAt = disk.operationCount + 2;
  log.append([entry(3, 1)], 0);
  await until('the failure', () => errors.length > 0);
  t.deepEqual(errors, ['no space left on device']);
  await log.close();
});

test('the reserve is for votes and entries: the archive gets nothing of it', async t => {
  const path = mkdtempSync(join(tmpdir(), 'gossip-raft-reserve-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  let isFull = false;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async openLogFile(name) {
      const file = await nodeFileSystem.openLogFile(name);
      const write = file.write.bind(file);
      file.write = (...how) => (isFull ? Promise.reject(outOfRoom()) : write(...how));
      return file;
    },
  };
  const storage = await openServerStorage({
    dataDirectory: path,
    clusterName: 'cluster',
    nodeId: 'n0',
    tailMaxBytes: 1000,
    segmentMaxBytes: 500,
    reserveBytes,
    listener: { persisted: () => undefined, failed: error => t.fail(error.message) },
    load: () => Promise.resolve({ position: noPosition, isFetched: false, damaged: [] }),
    fileSystem,
  });
  t.teardown(() => storage.close());
  await storage.space.start({ filling: () => undefined, full: () => undefined });
  isFull = true;
  await t.throwsAsync(storage.archive.add(inOrder(batches(1, 2)), 4), { message: 'no room' });
  t.true(existsSync(join(path, 'reserve')));
});

test('a quota that is used up is a full disk, at the start and later, and takes no more room', async t => {
  const disk = new SmallDisk();
  disk.isQuotaUsedUp = true;
  const space = new DiskSpace(disk, directory, reserveBytes);
  const told: boolean[] = [];
  await space.start({ filling: () => undefined, full: isFull => told.push(isFull) });
  t.teardown(() => space.stop());
  t.deepEqual([told, disk.paths(), disk.openCount], [[true], [], 0]);
  const { openedCount, lookCount } = disk;
  await until('it was looked at twice', () => disk.lookCount > lookCount + 1);
  t.is(disk.openedCount, openedCount, 'it is not tried again with every look');
  t.true(space.isFull);
  disk.isQuotaUsedUp = false;
  await until('there is room', () => !space.isFull);
  t.deepEqual(disk.paths(), ['/data/reserve', '/data/reserve-metadata']);
});

test('a disk that fails while the reserve is made is one sentence, and nothing stays open', async t => {
  const disk = new SmallDisk();
  disk.errorAt = disk.operationCount + 3;
  disk.errorCode = 'EIO';
  const space = new DiskSpace(disk, directory, reserveBytes);
  let isClosed = false;
  const close = async (): Promise<void> => {
    isClosed = true;
  };
  await t.throwsAsync(watchSpace({ space, close }, { say: () => undefined }), {
    instanceOf: StartupError,
    message: /cannot write to the data directory: the disk reports an error; check it/,
  });
  t.deepEqual([isClosed, disk.paths(), disk.openCount], [true, [], 0]);
});
