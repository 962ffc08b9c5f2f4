import type { LogIndex } from '../../src/consensus/types.ts';
import type { LogDamage } from '../../src/storage/check-log.ts';
import type { FileSystem } from '../../src/storage/file-system.ts';
import type { WriteAheadLog } from '../../src/storage/write-ahead-log.ts';
import { filledDisk } from './bit-flips.ts';
import { openLog } from './crash-points.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

const flipStep = 7;

async function damageIn(
  log: WriteAheadLog,
  fileSystem: Pick<FileSystem, 'openToRead'>,
): Promise<LogDamage[]> {
  const found: LogDamage[] = [];
  for await (const damage of log.findDamage(fileSystem)) found.push(damage);
  return found;
}

/** What is wrong with the search for damage in the log of a server that runs; or nothing. */
export async function checkRunningLog(): Promise<string | undefined> {
  const disk = await filledDisk(30);
  const { log } = await openLog(disk);
  const sound = await damageIn(log, disk);
  if (sound.length > 0) return `a sound file is called damaged: ${sound[0]?.why}`;
  if (log.files.length < 3) return 'there are too few files';
  for (const { path, endOffset } of log.files) {
    const text = await judgeFile(disk, log, path, endOffset);
    if (text !== undefined) return `${path}: ${text}`;
  }
  return (await judgeCut(disk, log)) ?? judgeClosed();
}

async function judgeFile(
  disk: SimulatedDisk,
  log: WriteAheadLog,
  path: string,
  endOffset: number,
): Promise<string | undefined> {
  const content = disk.content(path);
  for (let place = 0; place < endOffset; place += flipStep) {
    const broken = Buffer.from(content);
    broken[place] = (content[place] ?? 0) ^ 4;
    disk.overwrite(path, broken);
    const found = await damageIn(log, disk);
    // Nobody reads the zeros that fill up a record.
    const isMissed = found.length === 0 && content[place] !== 0;
    if (isMissed) return `a flipped bit at ${place} is not found`;
    if (found.some(one => one.path !== path)) return `${found[0]?.path} is blamed`;
  }
  disk.overwrite(path, Buffer.concat([content, Buffer.from('torn')]));
  const behind = await damageIn(log, disk);
  disk.overwrite(path, content);
  return behind.length > 0 ? 'what lies behind its end is called damage' : undefined;
}

/** Entries go while they are read: that is no damage. */
async function judgeCut(disk: SimulatedDisk, log: WriteAheadLog): Promise<string | undefined> {
  let isCut = false;
  const cutting: Pick<FileSystem, 'openToRead'> = {
    openToRead: async path => {
      const isNewest = path === log.files.at(-1)?.path;
      if (isNewest && !isCut) {
        isCut = true;
        log.truncate(log.lastIndex as LogIndex, 1);
        for (let turn = 0; turn < 50; turn += 1) await new Promise(done => setImmediate(done));
      }
      return disk.openToRead(path);
    },
  };
  const found = await damageIn(log, cutting);
  await log.close();
  return found.length > 0 ? `a removal is called damage: ${found[0]?.why}` : undefined;
}

/** Whoever still reads when the log is closed gets nothing, and that is no damage. */
async function judgeClosed(): Promise<string | undefined> {
  const disk = await filledDisk(30);
  const failures: string[] = [];
  const { log } = await openLog(disk, {
    persisted: () => undefined,
    failed: error => failures.push(error.message),
  });
  const range = { fromIndex: 1 as LogIndex, throughIndex: 5 as LogIndex, maxBytes: 1000 };
  const before = await log.read(range);
  await log.close();
  const after = await log.read(range);
  if (before.length === 0 || after.length > 0) return `reads ${before.length}, ${after.length}`;
  if (disk.openCount > 0) return `${disk.openCount} files stay open`;
  return failures.length > 0 ? `a closed log fails: ${failures}` : undefined;
}
