import { dirname } from 'node:path';
import { mebibyte, type Position } from '../words.ts';
import {
  BackupCount,
  type BackupPart,
  type BackupPiece,
  type BackupTotals,
  BrokenBackup,
  demandSame,
  demandWhole,
  PieceJoiner,
  partOf,
  piecesOf,
} from './backup-items.ts';
import type { FileSystem } from './file-system.ts';
import { DamagedFile, FrameReader, FrameWriter } from './frames.ts';

/*
 * A whole cluster in one file: a frame that says what it is, pieces of the records of the state and
 * of what people have posted, and a frame that counts the others. The first byte of a frame tells
 * its kind. In format 1 a frame held an item as a whole, and the end counted only frames; up to
 * format 2 records were JSON.
 */
const magic = Buffer.from('GRAFTBAK');
const formatVersion = 3;
const writeBytes = mebibyte;
const pieceHeaderBytes = 24;
const kinds = { header: 'H', record: 'R', batch: 'B', end: 'E' } as const;

export type BackupHeader = {
  /** Of the cluster that it was made of. */
  readonly clusterName: string;
  /** Its identity; undefined when it had none. */
  readonly clusterId: string | undefined;
  readonly position: Position;
  readonly keys: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** For people: when it was made, ISO 8601. */
  readonly madeAt: string;
};

/** Where a backup is until it is whole. */
export const partPath = (path: string): string => `${path}.part`;

/**
 * Writes the file; it gets its name when all of it is on the disk, and nothing is left of one that
 * fails. Returns its size. Throws a BrokenBackup when the parts are not what the header announces.
 */
export async function writeBackup(
  fileSystem: FileSystem,
  path: string,
  header: BackupHeader,
  parts: AsyncIterable<BackupPart>,
): Promise<number> {
  const temporary = partPath(path);
  try {
    const sizeBytes = await write(fileSystem, temporary, header, parts);
    fileSystem.rename(temporary, path);
    fileSystem.syncDirectory(dirname(path));
    return sizeBytes;
  } catch (error) {
    fileSystem.remove(temporary);
    throw error;
  }
}

async function write(
  fileSystem: FileSystem,
  path: string,
  header: BackupHeader,
  parts: AsyncIterable<BackupPart>,
): Promise<number> {
  fileSystem.remove(path);
  const file = await fileSystem.openLogFile(path);
  const writer = new FrameWriter(file, magic);
  const count = new BackupCount();
  let itemCount = 0;
  try {
    writer.add(kindOf('header'), Buffer.from(JSON.stringify({ formatVersion, ...header })));
    for await (const part of parts) {
      count.add(part);
      for (const piece of piecesOf(part, itemCount)) {
        writer.add(kindOf(piece.kind), pieceHeader(piece), piece.data);
        if (writer.waitingBytes >= writeBytes) await writer.flush();
      }
      itemCount += 1;
    }
    const { totals } = count;
    demandWhole(totals, header);
    const frames = writer.frameCount;
    writer.add(kindOf('end'), Buffer.from(JSON.stringify({ frames, totals })));
    await writer.flush();
    await file.datasync();
  } finally {
    await file.close();
  }
  return writer.sizeBytes;
}

const kindOf = (kind: keyof typeof kinds): Buffer => Buffer.from(kinds[kind]);

function pieceHeader({ item, offset, sizeBytes }: BackupPiece): Buffer {
  const header = Buffer.alloc(pieceHeaderBytes);
  header.writeDoubleLE(item, 0);
  header.writeDoubleLE(offset, 8);
  header.writeDoubleLE(sizeBytes, 16);
  return header;
}

const pieceIn = (kind: BackupPart['type'], frame: Buffer): BackupPiece => ({
  kind,
  item: frame.readDoubleLE(0),
  offset: frame.readDoubleLE(8),
  sizeBytes: frame.readDoubleLE(16),
  data: frame.subarray(pieceHeaderBytes),
});

/** What a file says of itself. Throws a DamagedFile. */
export async function backupHeader(fileSystem: FileSystem, path: string): Promise<BackupHeader> {
  const file = await fileSystem.openToRead(path);
  try {
    return (await beginningOf(new FrameReader(file, path), path)).header;
  } finally {
    await file.close();
  }
}

/**
 * All parts in order, each checked. Throws a DamagedFile for a file that is not whole, perhaps only
 * at its end.
 */
export async function* readBackup(
  fileSystem: FileSystem,
  path: string,
): AsyncGenerator<BackupPart> {
  const file = await fileSystem.openToRead(path);
  try {
    yield* partsIn(new FrameReader(file, path), path);
  } catch (error) {
    if (!(error instanceof BrokenBackup)) throw error;
    throw new DamagedFile(`${path} is damaged: ${error.message}`);
  } finally {
    await file.close();
  }
}

async function* partsIn(reader: FrameReader, path: string): AsyncGenerator<BackupPart> {
  const { header, isOfPieces } = await beginningOf(reader, path);
  const joiner = new PieceJoiner();
  const count = new BackupCount();
  for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
    const letter = String.fromCharCode(frame[0] ?? 0);
    const rest = frame.subarray(1);
    if (letter === kinds.end) {
      demandEnd(rest, reader, count.totals);
      demandWhole(count.totals, header);
      if (!joiner.isIdle) throw new BrokenBackup('an item in it is not whole');
      if (await reader.isAtEnd()) return;
      throw new DamagedFile(`${path} goes on behind its end, as if two files had been joined`);
    }
    const kind = kindIn(letter);
    const part = isOfPieces ? joiner.add(pieceIn(kind, rest)) : partOf(kind, rest);
    if (part === undefined) continue;
    count.add(part);
    yield part;
  }
  throw new DamagedFile(`${path} is cut off`);
}

function kindIn(letter: string): BackupPart['type'] {
  if (letter === kinds.record) return 'record';
  if (letter === kinds.batch) return 'batch';
  throw new BrokenBackup('something in it is of an unknown kind');
}

function demandEnd(frame: Buffer, reader: FrameReader, found: BackupTotals): void {
  const { frames, totals = found } = JSON.parse(frame.toString()) as {
    readonly frames: number;
    readonly totals?: BackupTotals;
  };
  if (frames !== reader.frameCount - 1) throw new BrokenBackup('frames of it are missing');
  demandSame(found, totals);
}

type Beginning = { readonly header: BackupHeader; readonly isOfPieces: boolean };

async function beginningOf(reader: FrameReader, path: string): Promise<Beginning> {
  await reader.begin(magic, 'backup');
  const frame = await reader.next();
  if (frame === undefined) throw new DamagedFile(`${path} is cut off`);
  const isHeader = String.fromCharCode(frame[0] ?? 0) === kinds.header;
  const header = isHeader ? JSON.parse(frame.subarray(1).toString()) : {};
  switch (header.formatVersion) {
    case 2:
    case formatVersion:
      return { header, isOfPieces: true };
    case 1:
      // What was called so was the name: clusters had no identity.
      return {
        header: { ...header, clusterName: header.clusterId, clusterId: undefined },
        isOfPieces: false,
      };
    default:
      throw new DamagedFile(
        `${path} is of format version ${header.formatVersion}, and this program reads up to ` +
          `${formatVersion}: restore it with the program that made it`,
      );
  }
}
