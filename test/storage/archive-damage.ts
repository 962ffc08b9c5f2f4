import { Random } from '../../src/simulation/random.ts';
import type { ArchivedBatch } from '../../src/storage/archive-file.ts';
import { DamagedFile } from '../../src/storage/frames.ts';
import { JournalArchive } from '../../src/storage/journal-archive.ts';
import { damagesOf } from './bit-flips.ts';
import { openMetadata } from './crash-points.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

const directory = '/data';

/** Batches of two objects each, from the given one on, at every other log entry. */
export const batches = (firstSeq: number, count: number, size = 20): ArchivedBatch[] =>
  Array.from({ length: count }, (_, place) => {
    const seq = firstSeq + 2 * place;
    const data = Buffer.from(`[${seq},"${'x'.repeat(size)}"]`);
    return { index: seq + 1, term: 3, wallMs: 1000 * seq, firstSeq: seq, count: 2, data };
  });
export async function* inOrder(items: readonly ArchivedBatch[]): AsyncGenerator<ArchivedBatch> {
  yield* items;
}
/** With what it should hold kept in the metadata beside it. */
export const openArchive = (disk: SimulatedDisk): Promise<JournalArchive> =>
  JournalArchive.open(disk, directory, openMetadata(disk));

const fileBatches = 4;
const fileCount = 4;
const perFile = 2 * fileBatches;
const lastSeq = fileCount * perFile;
/** The batch that holds the object, and all behind it. */
const expectedFrom = (seq: number): ArchivedBatch[] =>
  batches(1, lastSeq / 2).filter(({ firstSeq, count }) => firstSeq + count > seq);

export async function filledArchive(disk: SimulatedDisk): Promise<JournalArchive> {
  const archive = await openArchive(disk);
  for (let file = 0; file < fileCount; file += 1) {
    const added = batches(1 + file * perFile, fileBatches);
    await archive.add(inOrder(added), (file + 1) * 20);
  }
  return archive;
}

/**
 * Damages the files one by one in every way. A reader gets the right objects or an error, from any
 * place on; the archive knows what it lacks; and what it lacks can be put back.
 */
export async function checkArchiveDamage(): Promise<string[]> {
  const whole = new SimulatedDisk();
  await filledArchive(whole);
  const violations: string[] = [];
  for (const path of whole.paths().filter(one => one.endsWith('.jrn'))) {
    // Steps of 41 bytes: one of the cuts falls between two frames.
    for (const { what, content } of damagesOf(whole.content(path), 37, 41)) {
      const disk = whole.afterKill();
      if (content === undefined) disk.remove(path);
      else disk.overwrite(path, content);
      const text = await judge(disk).catch((error: Error) => error.message);
      if (text !== undefined) violations.push(`${what} of ${path}: ${text}`);
    }
  }
  return violations;
}

async function judge(disk: SimulatedDisk): Promise<string | undefined> {
  const archive = await openArchive(disk);
  for (let seq = 1; seq <= lastSeq; seq += 3) {
    const text = await judgeReading(archive, seq);
    if (text !== undefined) return text;
  }
  const { firstSeq, lastSeq: last, throughIndex, missing } = archive;
  if (firstSeq !== 1 || last !== lastSeq || throughIndex !== fileCount * 20) {
    return `it holds ${firstSeq} to ${last}, through entry ${throughIndex}`;
  }
  for (const gap of missing) {
    const lacking = (lacked: ArchivedBatch): boolean =>
      lacked.firstSeq >= gap.firstSeq && lacked.firstSeq <= gap.lastSeq;
    await archive.fill(gap, inOrder(expectedFrom(1).filter(lacking)));
  }
  for (const healed of [archive, await openArchive(disk)]) {
    if (healed.missing.length > 0 || healed.damagedFiles.length > 0) return 'it is not healed';
    const text = await judgeReading(healed, 1, true);
    if (text !== undefined) return `healed, ${text}`;
  }
  return undefined;
}

async function judgeReading(
  archive: JournalArchive,
  seq: number,
  isWhole = false,
): Promise<string | undefined> {
  const found: ArchivedBatch[] = [];
  const expected = expectedFrom(seq);
  let error: Error | undefined;
  try {
    for await (const batch of archive.read(seq)) found.push(batch);
  } catch (thrown) {
    error = thrown as Error;
  }
  if (error !== undefined && (isWhole || !(error instanceof DamagedFile))) return error.message;
  const isPrefix = found.every((batch, place) => isSame(batch, expected[place]));
  if (!isPrefix) return `other objects from ${seq} on`;
  const isShort = found.length < expected.length;
  return isShort && error === undefined
    ? `fewer objects from ${seq} on, without a word`
    : undefined;
}

const isSame = (one: ArchivedBatch, other: ArchivedBatch | undefined): boolean =>
  one.firstSeq === other?.firstSeq &&
  one.count === other.count &&
  one.index === other.index &&
  Buffer.from(one.data).equals(other.data);

/** A power loss at every operation while files are added and dropped: nothing counts as missing. */
export async function checkArchiveCrashes(survivals: number): Promise<string[]> {
  const whole = new SimulatedDisk();
  await addAndDrop(whole, []);
  const violations: string[] = [];
  for (let point = 1; point <= whole.operationCount; point += 1) {
    const disk = new SimulatedDisk();
    disk.failsAfter = point;
    const added = [0];
    await addAndDrop(disk, added).catch((error: unknown) => {
      if (!(error instanceof PowerLoss)) throw error;
    });
    for (let survival = 0; survival < survivals; survival += 1) {
      const boot = disk.afterPowerLoss(new Random(point, survival));
      const archive = await openArchive(boot);
      const isThere = archive.lastSeq >= Math.max(...added) && archive.missing.length === 0;
      const text = isThere ? undefined : `holds ${archive.lastSeq}, lacks ${archive.damagedFiles}`;
      if (text !== undefined) violations.push(`at ${point}, ${survival}: ${text}`);
    }
  }
  return violations;
}

async function addAndDrop(disk: SimulatedDisk, added: number[]): Promise<void> {
  const archive = await openArchive(disk);
  for (const first of [1, 9, 17]) {
    await archive.add(inOrder(batches(first, 4)), first + 20);
    added.push(archive.lastSeq);
  }
  await archive.drop({ maxBytes: 1, maxAgeMs: undefined }, 0);
  // It comes from a server that has dropped more.
  await archive.add(inOrder(batches(41, 4)), 90);
  added.push(archive.lastSeq);
}

/** What others send for a part of the log that was lost is added whole, once, or not at all. */
export async function checkExtending(): Promise<string | undefined> {
  const disk = new SimulatedDisk();
  const archive = await filledArchive(disk);
  const gap = { firstSeq: lastSeq + 1, lastSeq: lastSeq + 8, throughIndex: 200 };
  const part = await archive.extend(gap, inOrder(batches(lastSeq + 1, 3))).then(
    () => 'a part of it was taken',
    () => undefined,
  );
  if (part !== undefined) return part;
  const whole = (): AsyncIterable<ArchivedBatch> => inOrder(batches(lastSeq + 1, 4));
  await Promise.all([archive.extend(gap, whole()), archive.extend(gap, whole())]);
  for (const opened of [archive, await openArchive(disk)]) {
    const held = [opened.lastSeq, opened.throughIndex, opened.missing.length, opened.files.length];
    if (held.join() !== [lastSeq + 8, 200, 0, fileCount + 1].join()) return `it holds ${held}`;
    let count = 0;
    for await (const batch of opened.read(1)) count += batch.count;
    if (count !== lastSeq + 8) return `${count} objects are read`;
  }
  return undefined;
}

/** Whoever sends breaks off: nothing of it stays, neither a file nor an open one. */
export async function checkBrokenOff(): Promise<string | undefined> {
  const disk = new SimulatedDisk();
  const archive = await filledArchive(disk);
  const [lost] = archive.files;
  if (lost === undefined) return 'there are no files';
  disk.remove(lost.path);
  await judgeReading(archive, 1);
  const paths = disk.paths().join();
  const next = { firstSeq: lastSeq + 1, lastSeq: lastSeq + 8, throughIndex: 200 };
  const attempts = [
    () => archive.fill(lost, breakingOff(1)),
    () => archive.extend(next, breakingOff(next.firstSeq)),
    () => archive.add(breakingOff(next.firstSeq), 200),
  ];
  for (const [place, attempt] of attempts.entries()) {
    const error = await attempt().then(
      () => undefined,
      ({ message }: Error) => message,
    );
    if (error !== 'broken off') return `attempt ${place} ended with ${error}`;
    if (disk.openCount > 0) return `attempt ${place} leaves ${disk.openCount} files open`;
    if (disk.paths().join() !== paths) return `attempt ${place} leaves a file`;
  }
  await archive.fill(lost, inOrder(batches(1, fileBatches)));
  return archive.missing.length > 0 ? 'what comes after it is not taken' : undefined;
}

async function* breakingOff(firstSeq: number): AsyncGenerator<ArchivedBatch> {
  yield* batches(firstSeq, 2);
  throw new Error('broken off');
}

/** What is dropped while somebody still wants to read it is no damage. */
export async function checkDropped(): Promise<string | undefined> {
  const disk = new SimulatedDisk();
  const archive = await filledArchive(disk);
  const [oldest] = archive.files;
  if (oldest === undefined) return 'there are no files';
  await archive.drop({ maxBytes: 1, maxAgeMs: undefined }, 0);
  await archive
    .readFile(oldest)
    .next()
    .catch(() => undefined);
  const [name] = archive.damagedFiles;
  return name === undefined ? undefined : `${name} was dropped, and counts as damaged`;
}
