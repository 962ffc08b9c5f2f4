import test from 'ava';
import { Random } from '../../src/simulation/random.ts';
import { DamagedFile } from '../../src/storage/frames.ts';
import { readSnapshot, snapshotPaths, writeSnapshot } from '../../src/storage/snapshot-file.ts';
import type { ClusterId, LogIndex, Term } from '../../src/words.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

const directory = '/data';
const header = (index: number) => ({
  clusterName: 'c',
  clusterId: 'id' as ClusterId,
  position: { term: 3 as Term, index: index as LogIndex },
});
const recordsOf = (index: number): object[] =>
  Array.from({ length: 5 }, (_, place) => ({ index, place, text: 'é\u00ff—'.repeat(place) }));

async function read(disk: SimulatedDisk, path: string): Promise<{ index: number; all: unknown[] }> {
  const all: unknown[] = [];
  const { position } = await readSnapshot(disk, path, record => all.push(record));
  return { index: position.index, all };
}

/** The newest snapshot that is there, if it is whole. */
async function newest(disk: SimulatedDisk): Promise<number> {
  const [path] = snapshotPaths(disk, directory);
  if (path === undefined) return 0;
  const { index, all } = await read(disk, path);
  if (JSON.stringify(all) !== JSON.stringify(recordsOf(index))) throw new Error('other records');
  return index;
}

test('what was written is read, and only the newest stays', async t => {
  const disk = new SimulatedDisk();
  await writeSnapshot(disk, directory, header(7), recordsOf(7));
  await writeSnapshot(disk, directory, header(20), recordsOf(20));
  t.deepEqual(snapshotPaths(disk, directory), ['/data/snapshot-0000000000000020.snap']);
  t.is(await newest(disk), 20);
});

test('power loss at every write, sync and rename leaves the old snapshot or the new one', async t => {
  const whole = new SimulatedDisk();
  await writeSnapshot(whole, directory, header(7), recordsOf(7));
  const before = whole.operationCount;
  await writeSnapshot(whole, directory, header(20), recordsOf(20));
  const seen = new Set<number>();
  for (let point = before; point <= whole.operationCount; point += 1) {
    for (let survival = 0; survival < 20; survival += 1) {
      const disk = new SimulatedDisk();
      await writeSnapshot(disk, directory, header(7), recordsOf(7));
      disk.failsAfter = point;
      await writeSnapshot(disk, directory, header(20), recordsOf(20)).catch((error: Error) => {
        if (!(error instanceof PowerLoss)) throw error;
      });
      const index = await newest(disk.afterPowerLoss(new Random(100 * point + survival)));
      t.true(index === 7 || index === 20, `point ${point}: ${index}`);
      seen.add(index);
    }
  }
  t.deepEqual(seen, new Set([7, 20]));
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
    await t.throwsAsync(read(disk, path), { instanceOf: DamagedFile }, `bit ${bit}`);
  }
  for (let length = 0; length < size; length += 1) {
    await file.write(bytes, 0);
    await file.truncate(length);
    await t.throwsAsync(read(disk, path), { instanceOf: DamagedFile }, `length ${length}`);
  }
});
