import { basename, join } from 'node:path';
import type { ClusterId, LogIndex, Position, Term } from '../words.ts';
import type { FileSystem } from './file-system.ts';
import { DamagedFile, FrameReader, FrameWriter } from './frames.ts';

/*
 * A snapshot file: a frame that says of what it is, frames with records of the state, and one that
 * counts the others: a file that is cut off is none. It gets its name when all of it is on the
 * disk; the name tells if it came from another server. In format 1 records were JSON.
 */
const magic = Buffer.from('GRAFTSNP');
const formatVersion = 2;
const readableVersions: readonly unknown[] = [1, formatVersion];
const recordMark = Buffer.from('R');
const writeBytes = 256 * 1024;
const temporaryName = 'snapshot.new';
const namePattern = /^snapshot-(\d{16})(-fetched)?\.snap$/;

export type SnapshotHeader = {
  readonly clusterName: string;
  /** Undefined in snapshots of before version 0.2, and in a restored one. */
  readonly clusterId: ClusterId | undefined;
  readonly position: Position;
  /** In a restored one: of which content it was made; undefined elsewhere. */
  readonly origin?: string | undefined;
  /** The level of commands that whoever goes on from here must know; 1 in format 1. */
  readonly commandLevel: number;
};
export type SavedSnapshot = { readonly path: string; readonly sizeBytes: number };

/** Paths of the snapshots in a directory, the newest first. */
export const snapshotPaths = (fileSystem: FileSystem, directory: string): string[] =>
  fileSystem
    .list(directory)
    .filter(name => namePattern.test(name))
    .sort()
    .reverse()
    .map(name => join(directory, name));

/**
 * Writes the records in pieces, so that the process does its other work in between; then the older
 * snapshots are removed. Returns undefined when `isStopped` became true meanwhile.
 */
export async function writeSnapshot(
  fileSystem: FileSystem,
  directory: string,
  header: SnapshotHeader,
  records: Iterable<Uint8Array>,
  isStopped: () => boolean = () => false,
): Promise<SavedSnapshot | undefined> {
  const temporary = join(directory, temporaryName);
  try {
    const sizeBytes = await writeRecords(fileSystem, temporary, header, records, isStopped);
    if (sizeBytes === undefined) return undefined;
    const path = await nameSnapshot(fileSystem, directory, temporary, header.position, '');
    return { path, sizeBytes };
  } finally {
    // Whatever has no name by now never gets one, and would only take room.
    await fileSystem.inBackground.remove(temporary);
  }
}

/** Returns the size of the file; undefined when it was given up. */
async function writeRecords(
  fileSystem: FileSystem,
  temporary: string,
  header: SnapshotHeader,
  records: Iterable<Uint8Array>,
  isStopped: () => boolean,
): Promise<number | undefined> {
  fileSystem.remove(temporary);
  const file = await fileSystem.openLogFile(temporary);
  const writer = new FrameWriter(file, magic);
  try {
    writer.add(encode({ formatVersion, ...header }));
    for (const record of records) {
      writer.add(recordMark, record);
      if (writer.waitingBytes < writeBytes) continue;
      await writer.flush();
      if (isStopped()) return undefined;
    }
    writer.add(encode({ frames: writer.frameCount }));
    await writer.flush();
  } finally {
    await file.close();
  }
  return writer.sizeBytes;
}

/** Gives a whole snapshot that came from another server its name. */
export const keepFetched = (
  fileSystem: FileSystem,
  directory: string,
  temporary: string,
  position: Position,
): Promise<string> => nameSnapshot(fileSystem, directory, temporary, position, '-fetched');

/** A snapshot that was made here stands for itself from now on: the log does not reach it. */
export async function adoptAsFetched(
  fileSystem: FileSystem,
  directory: string,
  { index }: Position,
): Promise<void> {
  const { rename, syncDirectory } = fileSystem.inBackground;
  await rename(pathOf(directory, index, ''), pathOf(directory, index, '-fetched'));
  await syncDirectory(directory);
}

const pathOf = (directory: string, index: number, suffix: string): string =>
  join(directory, `snapshot-${String(index).padStart(16, '0')}${suffix}.snap`);

async function nameSnapshot(
  fileSystem: FileSystem,
  directory: string,
  temporary: string,
  { index }: Position,
  suffix: string,
): Promise<string> {
  const older = snapshotPaths(fileSystem, directory);
  const newer = older.find(other => indexOf(other) > index);
  if (newer !== undefined) {
    // One that was fetched has overtaken it.
    await fileSystem.inBackground.remove(temporary);
    return newer;
  }
  const path = pathOf(directory, index, suffix);
  const { rename, remove, syncDirectory } = fileSystem.inBackground;
  // Wherever it came from: a name is given to what survives a power cut, and to nothing else.
  await syncFile(fileSystem, temporary);
  await rename(temporary, path);
  await syncDirectory(directory);
  for (const other of older) if (other !== path) await remove(other);
  return path;
}

async function syncFile(fileSystem: FileSystem, path: string): Promise<void> {
  const file = await fileSystem.openLogFile(path);
  await file.datasync().finally(() => file.close());
}

const indexOf = (path: string): number => Number(namePattern.exec(basename(path))?.[1]);

/** Did the snapshot come from another server? Then the log may lie behind it. */
export const isFetched = (path: string): boolean => path.endsWith('-fetched.snap');

/** Checks all of the file, and hands its records over in order. Throws a DamagedFile. */
export async function readSnapshot(
  fileSystem: Pick<FileSystem, 'openToRead'>,
  path: string,
  /** What was written; of a file of format 1, a JSON text. */
  onRecord: (record: Uint8Array) => void,
): Promise<SnapshotHeader & { readonly sizeBytes: number }> {
  const file = await fileSystem.openToRead(path);
  try {
    const reader = new FrameReader(file, path);
    await reader.begin(magic, 'snapshot');
    const header = headerOf(textIn(await reader.next()), path);
    let last = await reader.next();
    for (let next = await reader.next(); next !== undefined; next = await reader.next()) {
      if (last !== undefined) onRecord(recordIn(last));
      last = next;
    }
    const counted = (textIn(last) as { frames?: number } | undefined)?.frames;
    if (counted !== reader.frameCount - 1) throw new DamagedFile(`${path} is cut off`);
    return { ...header, sizeBytes: await file.sizeBytes() };
  } finally {
    await file.close();
  }
}

/** What a snapshot is of, without reading all of it. Throws a DamagedFile. */
export async function snapshotHeader(
  fileSystem: FileSystem,
  path: string,
): Promise<SnapshotHeader> {
  const file = await fileSystem.openToRead(path);
  try {
    const reader = new FrameReader(file, path);
    await reader.begin(magic, 'snapshot');
    return headerOf(textIn(await reader.next()), path);
  } finally {
    await file.close();
  }
}

function headerOf(value: unknown, path: string): SnapshotHeader {
  const {
    formatVersion: version,
    clusterName,
    clusterId,
    position,
    origin,
    commandLevel = 1,
  } = (value ?? {}) as Partial<SnapshotHeader & { formatVersion: number }>;
  // Before version 0.2 the name was taken for an identity, and called so.
  const name = clusterName ?? clusterId;
  if (!readableVersions.includes(version) || name === undefined || position === undefined) {
    throw new DamagedFile(`${path} is of another version than ${formatVersion}`);
  }
  const { term, index } = position;
  return {
    clusterName: name,
    clusterId: clusterName === undefined ? undefined : clusterId,
    position: { term: term as Term, index: index as LogIndex },
    origin,
    commandLevel,
  };
}

/** Bytes of keys and values are characters below 256: one byte each, as long as all are. */
function encode(record: object): Buffer {
  const text = JSON.stringify(record);
  const isWide = /[\u0100-\uffff]/.test(text);
  return Buffer.from(`${isWide ? 'U' : 'L'}${text}`, isWide ? 'utf8' : 'latin1');
}

/** Of format 1 when it bears no mark. */
const recordIn = (payload: Buffer): Uint8Array =>
  payload[0] === recordMark[0] ? payload.subarray(1) : Buffer.from(JSON.stringify(textIn(payload)));

/** Undefined where there is none. */
function textIn(payload: Buffer | undefined): unknown {
  const mark = String.fromCharCode(payload?.[0] ?? 0);
  if (payload === undefined || (mark !== 'U' && mark !== 'L')) return undefined;
  return JSON.parse(payload.subarray(1).toString(mark === 'U' ? 'utf8' : 'latin1'));
}
