import { readFileSync } from 'node:fs';
import test from 'ava';
import {
  type BackupHeader,
  backupHeader,
  readBackup,
  writeBackup,
} from '../../src/storage/backup-file.ts';
import {
  type BackupPart,
  BrokenBackup,
  itemPieceMaxBytes,
} from '../../src/storage/backup-items.ts';
import { DamagedFile } from '../../src/storage/frames.ts';
import type { LogIndex, Term } from '../../src/words.ts';
import { checkBackupDamage, sampleBackup, sampleHeader, sampleParts } from './backup-damage.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const path = '/backup/file';

async function* inOrder(parts: readonly BackupPart[]): AsyncGenerator<BackupPart> {
  yield* parts;
}
async function partsIn(disk: SimulatedDisk): Promise<BackupPart[]> {
  const parts: BackupPart[] = [];
  for await (const part of readBackup(disk, path)) parts.push(part);
  return parts;
}
const texts = (parts: readonly BackupPart[]): string[] =>
  parts.map(part => Buffer.from(part.type === 'record' ? part.bytes : part.batch.data).toString());

test('a backup is read as it was written, in frames of at most 256 KiB', async t => {
  // As text it has 42 MiB, more than fits into a message.
  const value = '\u0001'.repeat(7 * 1024 * 1024);
  const row = ['key', value, 'text/plain', 1, 2, 2, null];
  const bytes = Buffer.from(JSON.stringify({ t: 'keys', items: [row] }));
  const parts = [{ type: 'record' as const, bytes, keys: 1 }, ...sampleParts];
  const disk = new SimulatedDisk();
  await writeBackup(disk, path, { ...sampleHeader, keys: sampleHeader.keys + 1 }, inOrder(parts));
  const content = disk.content(path);
  for (let offset = 8; offset < content.length; ) {
    const sizeBytes = content.readUInt32LE(offset);
    t.true(sizeBytes <= itemPieceMaxBytes + 25);
    offset += 8 + sizeBytes;
  }
  t.deepEqual(texts(await partsIn(disk)), texts(parts));
  t.deepEqual(await backupHeader(disk, path), {
    ...sampleHeader,
    keys: sampleHeader.keys + 1,
    formatVersion: 3,
  } as BackupHeader);
});

test('a backup that was cut, changed, joined or patched anywhere is refused', async t => {
  t.is(await checkBackupDamage(), undefined);
});

test('a backup that is refused says why in a sentence', async t => {
  const disk = await sampleBackup(path);
  const whole = disk.content(path);
  for (const [content, message] of [
    [whole.subarray(0, whole.length - 1), /^\/backup\/file is cut off$/],
    [Buffer.concat([whole, whole]), /goes on behind its end, as if two files had been joined$/],
    [Buffer.from('something else'), /^\/backup\/file is no backup$/],
    [Buffer.alloc(0), /^\/backup\/file is no backup$/],
  ] as const) {
    disk.overwrite(path, content);
    await t.throwsAsync(partsIn(disk), { instanceOf: DamagedFile, message });
  }
});

test('parts that are not what was announced make no file, and leave none behind', async t => {
  const rest = sampleParts.slice(1);
  const batches = sampleParts.filter(({ type }) => type === 'batch');
  const records = sampleParts.filter(({ type }) => type === 'record');
  for (const [parts, message] of [
    [rest, /to have 2 keys, and has 0/],
    [records, /to have the objects 5 to 10, and has none/],
    [[...records, ...batches.slice(0, 1)], /to have the objects 5 to 10, and has 5 to 6/],
    [[...records, ...batches.slice(1)], /to have the objects 5 to 10, and has 7 to 10/],
    [[...records, ...sampleParts], /to have 2 keys, and has 4/],
    [
      [...records, ...batches.filter((_, place) => place !== 1)],
      /object 9 comes in the place of 7/,
    ],
  ] as const) {
    const disk = new SimulatedDisk();
    await t.throwsAsync(writeBackup(disk, path, sampleHeader, inOrder(parts)), {
      instanceOf: BrokenBackup,
      message,
    });
    t.deepEqual(disk.paths(), []);
  }
});

test('a backup of format 1 is read', async t => {
  const disk = new SimulatedDisk(new Map([[path, readFileSync('test/fixtures/format-1.backup')]]));
  const header = await backupHeader(disk, path);
  t.is(header.clusterName, 'gossip-raft');
  t.is(header.clusterId, undefined);
  t.deepEqual(header.position, { term: 1 as Term, index: 11 as LogIndex });
  const parts = await partsIn(disk);
  t.deepEqual(texts(parts.filter(({ type }) => type === 'batch')), [
    '[{"a":1},{"a":2}]',
    '[{"a":3}]',
    '[{"a":4},{"a":5}]',
    '[{"a":"ä€😀"}]',
  ]);
  t.true(texts(parts)[0]?.startsWith('{"t":"head","appliedIndex":11,'));
});

test('a backup of a version to come is left to the program that made it', async t => {
  const disk = await sampleBackup(path, { ...sampleHeader, formatVersion: 4 } as BackupHeader);
  await t.throwsAsync(partsIn(disk), { message: /is of format version 4, and this program reads/ });
});
