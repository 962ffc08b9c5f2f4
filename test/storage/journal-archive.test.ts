import test from 'ava';
import { Random } from '../../src/simulation/random.ts';
import type { ArchivedBatch } from '../../src/storage/archive-file.ts';
import { DamagedFile } from '../../src/storage/frames.ts';
import { JournalArchive } from '../../src/storage/journal-archive.ts';
import {
  batches,
  checkArchiveCrashes,
  checkArchiveDamage,
  checkBrokenOff,
  checkDropped,
  checkExtending,
  filledArchive,
  inOrder,
  openArchive,
} from './archive-damage.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

const directory = '/data';

async function readFrom(archive: JournalArchive, seq: number): Promise<ArchivedBatch[]> {
  const found: ArchivedBatch[] = [];
  for await (const batch of archive.read(seq)) found.push(batch);
  return found;
}
const everything = { maxBytes: undefined, maxAgeMs: undefined };

test('batches are read from any object on, over files and restarts', async t => {
  const disk = new SimulatedDisk();
  const archive = await JournalArchive.open(disk, directory);
  t.is(archive.firstSeq, undefined);
  await archive.add(inOrder(batches(1, 10)), 30);
  await archive.add(inOrder([]), 40);
  await archive.add(inOrder(batches(21, 5)), 60);
  for (const opened of [archive, await JournalArchive.open(disk, directory)]) {
    t.deepEqual([opened.firstSeq, opened.lastSeq, opened.throughIndex], [1, 30, 60]);
    t.deepEqual(await readFrom(opened, 1), [...batches(1, 10), ...batches(21, 5)]);
    t.deepEqual(await readFrom(opened, 20), [...batches(19, 1), ...batches(21, 5)]);
    t.deepEqual(await readFrom(opened, 31), []);
  }
});

test('large files are divided, and a rule drops the oldest', async t => {
  const disk = new SimulatedDisk();
  const archive = await JournalArchive.open(disk, directory);
  await archive.add(inOrder(batches(1, 6, 9_000_000)), 100);
  const names = disk.paths().filter(path => path.endsWith('.jrn'));
  t.is(names.length, 3);
  await archive.drop(everything, 1e9);
  t.is(archive.firstSeq, 1);
  await archive.drop({ ...everything, maxBytes: 40_000_000 }, 1e9);
  t.is(archive.firstSeq, 5);
  const [middleMs = 0, newestMs = 0] = archive.files.map(({ wallMs }) => wallMs);
  await archive.drop({ ...everything, maxAgeMs: newestMs - middleMs }, newestMs + 1e6);
  t.is(archive.firstSeq, 5, 'it is not older than that');
  await archive.drop({ ...everything, maxAgeMs: newestMs - middleMs - 1 }, newestMs + 1e6);
  t.is(archive.firstSeq, 9);
  await archive.drop({ maxBytes: 1, maxAgeMs: 1 }, 1e9);
  t.is(archive.firstSeq, 9, 'the newest file tells how far the archive reaches');
});

test('power loss anywhere leaves what was there, and perhaps what was added', async t => {
  const whole = new SimulatedDisk();
  const first = await JournalArchive.open(whole, directory);
  await first.add(inOrder(batches(1, 4)), 20);
  const before = whole.operationCount;
  await first.add(inOrder(batches(9, 4)), 40);
  const seen = new Set<number>();
  for (let point = before; point <= whole.operationCount; point += 1) {
    for (let survival = 0; survival < 20; survival += 1) {
      const disk = new SimulatedDisk();
      const archive = await JournalArchive.open(disk, directory);
      await archive.add(inOrder(batches(1, 4)), 20);
      disk.failsAfter = point;
      await archive.add(inOrder(batches(9, 4)), 40).catch((error: Error) => {
        if (!(error instanceof PowerLoss)) throw error;
      });
      const survivor = disk.afterPowerLoss(new Random(100 * point + survival));
      const again = await JournalArchive.open(survivor, directory);
      t.deepEqual(await readFrom(again, 1), batches(1, again.lastSeq / 2));
      seen.add(again.lastSeq);
    }
  }
  t.deepEqual(seen, new Set([8, 16]));
});

test('a changed byte is noticed', async t => {
  const disk = new SimulatedDisk();
  const archive = await JournalArchive.open(disk, directory);
  await archive.add(inOrder(batches(1, 2)), 20);
  const path = disk.paths().find(name => name.endsWith('.jrn')) ?? '';
  const file = await disk.openLogFile(path);
  const bytes = Buffer.alloc(await file.sizeBytes());
  await file.read(bytes, 0);
  for (let place = 0; place < bytes.length; place += 1) {
    const changed = Buffer.from(bytes);
    changed[place] = (changed[place] ?? 0) ^ 1;
    await file.write(changed, 0);
    await t.throwsAsync(readFrom(archive, 1), { instanceOf: DamagedFile }, `byte ${place}`);
  }
});

test('an archive knows where it begins, whatever becomes of its oldest file', async t => {
  const disk = new SimulatedDisk();
  const archive = await openArchive(disk);
  for (const [place, first] of [1, 21, 41].entries()) {
    await archive.add(inOrder(batches(first, 10)), 20 * (place + 1));
  }
  const files = (): string[] => disk.paths().filter(path => path.endsWith('.jrn'));
  await archive.drop({ maxBytes: 1700, maxAgeMs: undefined }, 0);
  t.is(archive.firstSeq, 21);
  const [oldest = ''] = files();
  disk.remove(oldest);
  const again = await openArchive(disk);
  t.is(again.firstSeq, 21, 'and not 41: the file from 21 on is lost, not dropped');
  for (const path of files()) disk.remove(path);
  t.is((await openArchive(disk)).firstSeq, 21);
});

test('power loss anywhere in a drop leaves an archive without gap', async t => {
  const rule = { maxBytes: 1, maxAgeMs: undefined };
  const filled = async (): Promise<{ disk: SimulatedDisk; archive: JournalArchive }> => {
    const disk = new SimulatedDisk();
    const archive = await openArchive(disk);
    for (const [place, first] of [1, 21, 41].entries()) {
      await archive.add(inOrder(batches(first, 10)), 20 * (place + 1));
    }
    return { disk, archive };
  };
  const whole = await filled();
  const before = whole.disk.operationCount;
  await whole.archive.drop(rule, 0);
  for (let point = before; point <= whole.disk.operationCount; point += 1) {
    for (let survival = 0; survival < 10; survival += 1) {
      const { disk, archive } = await filled();
      disk.failsAfter = point;
      await archive.drop(rule, 0).catch((error: Error) => {
        if (!(error instanceof PowerLoss)) throw error;
      });
      const survivor = disk.afterPowerLoss(new Random(100 * point + survival));
      const again = await openArchive(survivor);
      const first = again.firstSeq ?? 0;
      t.deepEqual(await readFrom(again, 1), batches(first, (61 - first) / 2), `at ${point}`);
    }
  }
});

test('whatever happens to a file, a reader gets the right objects or an error, and it can be put back', async t => {
  t.deepEqual(await checkArchiveDamage(), []);
});

test('a power loss while files are added and dropped is no loss of objects', async t => {
  t.deepEqual(await checkArchiveCrashes(10), []);
});

test('objects age by the newest stamp where that is behind the clock of the server', async t => {
  const disk = new SimulatedDisk();
  const archive = await filledArchive(disk);
  const newestMs = archive.files.at(-1)?.wallMs ?? 0;
  // The leader slept for two days: the stamps of its entries do not know.
  const asleepMs = 48 * 60 * 60 * 1000;
  await archive.drop({ maxBytes: undefined, maxAgeMs: newestMs }, newestMs + asleepMs);
  t.is(archive.firstSeq, 1);
});

test('what is missing has a name, and what was dropped is not missing', async t => {
  const disk = new SimulatedDisk();
  const archive = await filledArchive(disk);
  t.deepEqual(archive.missing, []);
  await archive.drop({ maxBytes: undefined, maxAgeMs: 15_000 }, 30_000);
  t.is(archive.firstSeq, 9);
  t.deepEqual(archive.missing, []);
  const [, second = ''] = archive.files.map(({ path }) => path);
  disk.remove(second);
  const again = await openArchive(disk);
  t.deepEqual(again.missing, [{ firstSeq: 17, lastSeq: 24 }]);
  t.deepEqual(again.damagedFiles, ['entries-*-17-24-*.jrn']);
  await t.throwsAsync(readFrom(again, 9), { message: /object 17 is missing/ });
  await t.throwsAsync(again.fill({ firstSeq: 17, lastSeq: 24 }, inOrder(batches(17, 3))), {
    message: /did not come whole/,
  });
  await again.fill({ firstSeq: 17, lastSeq: 24 }, inOrder(batches(17, 4)));
  t.deepEqual(await readFrom(again, 9), batches(9, 12));
});

test('an archive of which nothing is left numbers what follows as before', async t => {
  const disk = new SimulatedDisk();
  const archive = await filledArchive(disk);
  for (const { path } of archive.files) disk.remove(path);
  const empty = await openArchive(disk);
  t.deepEqual([empty.firstSeq, empty.lastSeq, empty.throughIndex], [1, 32, 80]);
  t.deepEqual(empty.missing, [{ firstSeq: 1, lastSeq: 32 }]);
  await empty.add(inOrder(batches(33, 2)), 100);
  t.deepEqual(await readFrom(empty, 33), batches(33, 2));
});

test('what was lost of the log before it was archived is added whole, once, or not at all', async t => {
  t.is(await checkExtending(), undefined);
});

test('what breaks off leaves no file, neither on the disk nor open, and can be had again', async t => {
  t.is(await checkBrokenOff(), undefined);
});

test('a file that is dropped before it is read is no damage', async t => {
  t.is(await checkDropped(), undefined);
});
