import { type BackupHeader, readBackup, writeBackup } from '../../src/storage/backup-file.ts';
import type { BackupPart } from '../../src/storage/backup-items.ts';
import { DamagedFile } from '../../src/storage/frames.ts';
import type { LogIndex, Term } from '../../src/words.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/*
 * Goal: a backup that is not as it was written is never read to its end.
 * Method: a small one, cut at every byte, with a bit flipped in every byte, with each frame left
 * out, doubled or exchanged, and with things put behind it.
 */

const record = (value: object, keys = 0): BackupPart => ({
  type: 'record',
  keys,
  bytes: Buffer.from(JSON.stringify(value)),
});
const batch = (firstSeq: number): BackupPart => ({
  type: 'batch',
  batch: {
    index: 2 * firstSeq,
    term: 3,
    wallMs: 1,
    firstSeq,
    count: 2,
    data: Buffer.from('[1,2]'),
  },
});

export const sampleParts: readonly BackupPart[] = [
  record({ t: 'keys', items: [1, 2] }, 2),
  record({ t: 'locks', items: [] }),
  batch(5),
  batch(7),
  batch(9),
];
export const sampleHeader: BackupHeader = {
  clusterName: 'test',
  clusterId: 'an-id',
  position: { term: 3 as Term, index: 40 as LogIndex },
  keys: 2,
  firstSeq: 5,
  lastSeq: 10,
  madeAt: '2026-01-01T00:00:00.000Z',
};

export async function sampleBackup(path: string, header = sampleHeader): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  await writeBackup(
    disk,
    path,
    header,
    (async function* () {
      yield* sampleParts;
    })(),
  );
  return disk;
}

/** The first kind of damage that is not noticed. */
export async function checkBackupDamage(): Promise<string | undefined> {
  const path = '/backup/file';
  const whole = (await sampleBackup(path)).content(path);
  for (const [what, content] of damaged(whole)) {
    const found = await read(new SimulatedDisk(new Map([[path, content]])), path);
    if (found !== undefined) return `${what}: ${found}`;
  }
  return undefined;
}

async function read(disk: SimulatedDisk, path: string): Promise<string | undefined> {
  try {
    for await (const _ of readBackup(disk, path));
    return 'it was read to its end';
  } catch (error) {
    return error instanceof DamagedFile ? undefined : `it ended in ${error}`;
  }
}

function* damaged(whole: Buffer): Generator<readonly [string, Buffer]> {
  for (let place = 0; place < whole.length; place += 1) {
    yield [`cut at byte ${place}`, whole.subarray(0, place)];
    const flipped = Buffer.from(whole);
    flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8));
    yield [`a bit of byte ${place} flipped`, flipped];
    const zeroed = Buffer.from(whole);
    zeroed.fill(0, place, Math.min(place + 64, whole.length));
    if (!zeroed.equals(whole)) yield [`zeros from byte ${place} on`, zeroed];
  }
  yield ['another one behind it', Buffer.concat([whole, whole])];
  yield ['a byte behind it', Buffer.concat([whole, Buffer.from([0])])];
  yield ['its own end behind it', Buffer.concat([whole, framesIn(whole).at(-1) ?? whole])];
  const magic = whole.subarray(0, 8);
  const frames = framesIn(whole);
  for (const [place, frame] of frames.entries()) {
    const joined = (list: readonly Buffer[]): Buffer => Buffer.concat([magic, ...list]);
    yield [`without frame ${place}`, joined(frames.toSpliced(place, 1))];
    yield [`frame ${place} twice`, joined(frames.toSpliced(place, 0, frame))];
    const next = frames[place + 1];
    if (next !== undefined)
      yield [`frame ${place} late`, joined(frames.toSpliced(place, 2, next, frame))];
  }
}

function framesIn(whole: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let offset = 8; offset < whole.length; ) {
    const end = offset + 8 + whole.readUInt32LE(offset);
    frames.push(whole.subarray(offset, end));
    offset = end;
  }
  return frames;
}
