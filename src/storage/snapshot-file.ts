import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { LogIndex, Position, Term } from '../words.ts';
import type { FileSystem, LogFile } from './file-system.ts';

/*
 * A snapshot file: eight bytes of magic, then frames of a length, a checksum and a JSON text. Each
 * checksum is chained to the one before, and the last frame counts the others: a file that is cut
 * off, or whose parts were exchanged, is none. It gets its name when all of it is on the disk.
 */
const magic = Buffer.from('GRAFTSNP');
const formatVersion = 1;
const frameHeaderBytes = 8;
const writeBytes = 256 * 1024;
const readBytes = 1024 * 1024;
const frameMaxBytes = 1024 * 1024 * 1024;
const temporaryName = 'snapshot.new';
const namePattern = /^snapshot-(\d{16})\.snap$/;

/** A file that is damaged, or is no snapshot of ours; the message says where. */
export class DamagedSnapshot extends Error {
  override readonly name = 'DamagedSnapshot';
}

export type SnapshotHeader = { readonly clusterId: string; readonly position: Position };
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
  { clusterId, position }: SnapshotHeader,
  records: Iterable<object>,
  isStopped: () => boolean = () => false,
): Promise<SavedSnapshot | undefined> {
  const temporary = join(directory, temporaryName);
  fileSystem.remove(temporary);
  const file = await fileSystem.openLogFile(temporary);
  const writer = new FrameWriter(file);
  try {
    writer.add({ formatVersion, clusterId, position });
    for (const record of records) {
      writer.add(record);
      if (writer.waitingBytes < writeBytes) continue;
      await writer.flush();
      if (isStopped()) return undefined;
    }
    writer.add({ frames: writer.frameCount });
    await writer.flush();
    await file.datasync();
  } finally {
    await file.close();
  }
  const older = snapshotPaths(fileSystem, directory);
  const path = join(directory, `snapshot-${String(position.index).padStart(16, '0')}.snap`);
  fileSystem.rename(temporary, path);
  fileSystem.syncDirectory(directory);
  for (const other of older) if (other !== path) fileSystem.remove(other);
  return { path, sizeBytes: writer.sizeBytes };
}

/** Checks all of the file, and hands its records over in order. Throws a DamagedSnapshot. */
export async function readSnapshot(
  fileSystem: FileSystem,
  path: string,
  onRecord: (record: unknown) => void,
): Promise<SnapshotHeader> {
  const file = await fileSystem.openLogFile(path);
  try {
    const reader = new FrameReader(file, path);
    await reader.begin();
    const header = headerOf(await reader.next(), path);
    let last = await reader.next();
    for (let next = await reader.next(); next !== undefined; next = await reader.next()) {
      onRecord(last);
      last = next;
    }
    const counted = (last as { frames?: number } | undefined)?.frames;
    if (counted !== reader.frameCount - 1) throw new DamagedSnapshot(`${path} is cut off`);
    return header;
  } finally {
    await file.close();
  }
}

function headerOf(value: unknown, path: string): SnapshotHeader {
  const {
    formatVersion: version,
    clusterId,
    position,
  } = (value ?? {}) as Partial<SnapshotHeader & { formatVersion: number }>;
  if (version !== formatVersion || clusterId === undefined || position === undefined) {
    throw new DamagedSnapshot(`${path} is of another version than ${formatVersion}`);
  }
  const { term, index } = position;
  return { clusterId, position: { term: term as Term, index: index as LogIndex } };
}

class FrameWriter {
  frameCount = 0;
  sizeBytes = 0;
  waitingBytes = 0;
  readonly #file: LogFile;
  #waiting: Buffer[] = [magic];
  #crc = 0;

  constructor(file: LogFile) {
    this.#file = file;
  }

  add(record: object): void {
    const text = JSON.stringify(record);
    // Bytes of keys and values are characters below 256: one byte each, as long as all are.
    const isWide = /[\u0100-\uffff]/.test(text);
    const payload = Buffer.from(`${isWide ? 'U' : 'L'}${text}`, isWide ? 'utf8' : 'latin1');
    this.#crc = crc32(payload, this.#crc);
    const header = Buffer.alloc(frameHeaderBytes);
    header.writeUInt32LE(payload.length, 0);
    header.writeUInt32LE(this.#crc, 4);
    this.#waiting.push(header, payload);
    this.waitingBytes += header.length + payload.length;
    this.frameCount += 1;
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.waitingBytes = 0;
    await this.#file.write(bytes, this.sizeBytes);
    this.sizeBytes += bytes.length;
  }
}

class FrameReader {
  frameCount = 0;
  readonly #file: LogFile;
  readonly #path: string;
  #buffer = Buffer.alloc(0);
  #offset = 0;
  #crc = 0;

  constructor(file: LogFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  async begin(): Promise<void> {
    const start = await this.#take(magic.length);
    if (start?.equals(magic) !== true) throw new DamagedSnapshot(`${this.#path} is no snapshot`);
  }

  /** The next record; undefined at the end of the file. */
  async next(): Promise<unknown> {
    const header = await this.#take(frameHeaderBytes);
    if (header === undefined) return undefined;
    const sizeBytes = header.readUInt32LE(0);
    const payload = sizeBytes > frameMaxBytes ? undefined : await this.#take(sizeBytes);
    if (payload === undefined) throw new DamagedSnapshot(`${this.#path} is cut off`);
    this.#crc = crc32(payload, this.#crc);
    if (this.#crc !== header.readUInt32LE(4)) {
      throw new DamagedSnapshot(`${this.#path} is damaged in frame ${this.frameCount}`);
    }
    this.frameCount += 1;
    const isWide = payload[0] === 'U'.charCodeAt(0);
    return JSON.parse(payload.subarray(1).toString(isWide ? 'utf8' : 'latin1'));
  }

  /** So many bytes; undefined when the file ends before. */
  async #take(sizeBytes: number): Promise<Buffer | undefined> {
    while (this.#buffer.length < sizeBytes) {
      const more = Buffer.alloc(Math.max(readBytes, sizeBytes));
      const count = await this.#file.read(more, this.#offset);
      if (count === 0) return undefined;
      this.#offset += count;
      this.#buffer = Buffer.concat([this.#buffer, more.subarray(0, count)]);
    }
    const taken = this.#buffer.subarray(0, sizeBytes);
    this.#buffer = this.#buffer.subarray(sizeBytes);
    return taken;
  }
}
