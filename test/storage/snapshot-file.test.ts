import test from 'ava';
import { DamagedFile } from '../../src/storage/frames.ts';
import { snapshotPaths, writeSnapshot } from '../../src/storage/snapshot-file.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { checkSnapshotCrashes, directory, header, newest, recordsOf } from './snapshot-crashes.ts';

test('what was written is read, and only the newest stays', async t => {
  const disk = new SimulatedDisk();
  await writeSnapshot(disk, directory, header(7), recordsOf(7));
  await writeSnapshot(disk, directory, header(20), recordsOf(20));
  t.deepEqual(snapshotPaths(disk, directory), ['/data/snapshot-0000000000000020.snap']);
  t.is(await newest(disk), 20);
});

test('power loss at every write, sync and rename leaves the old snapshot or the new one', async t => {
  t.deepEqual(await checkSnapshotCrashes(20), []);
});

test('a snapshot that fails, or is given up, leaves no file', async t => {
  const disk = new SimulatedDisk();
  const before = disk.operationCount;
  await writeSnapshot(disk, directory, header(7), recordsOf(7));
  const operations = disk.operationCount - before;
  for (let place = 1; place < operations; place += 1) {
    const failing = new SimulatedDisk();
    failing.errorAt = place;
    await writeSnapshot(failing, directory, header(7), recordsOf(7)).catch(() => undefined);
    t.false(failing.paths().includes(`${directory}/snapshot.new`), `at ${place}`);
  }
  const stopped = new SimulatedDisk();
  const many = Array.from({ length: 20 }, () => Buffer.alloc(100_000, 'x'));
  t.is(await writeSnapshot(stopped, directory, header(7), many, () => true), undefined);
  t.deepEqual(stopped.paths(), []);
});

test('every changed bit and every cut is noticed', async t => {
  const disk = new SimulatedDisk();
  const path = '/data/snapshot-0000000000000007.snap';
  await writeSnapshot(disk, directory, header(7), recordsOf(7));
  const file = await disk.openLogFile(path);
  const size = await file.sizeBytes();
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0);
  for (let bit = 0; bit < 8 * size; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await file.write(changed, 0);
    await t.throwsAsync(newest(disk), { instanceOf: DamagedFile }, `bit ${bit}`);
  }
  for (let length = 0; length < size; length += 1) {
    await file.write(bytes, 0);
    await file.truncate(length);
    await t.throwsAsync(newest(disk), { instanceOf: DamagedFile }, `length ${length}`);
  }
});
