import type { Position } from '../words.ts';
import type { FileSystem } from './file-system.ts';
import { DamagedFile, FrameReader, FrameWriter } from './frames.ts';
import { type ArchivedBatch, batchOf, headerOf } from './journal-archive.ts';

/*
 * A whole cluster in one file: a frame that says what it is, the records of the state, what people
 * have posted, and a frame that counts the others. The first byte of a frame tells its kind.
 */
const magic = Buffer.from('GRAFTBAK');
const formatVersion = 1;
const writeBytes = 1024 * 1024;
const kinds = { header: 'H', record: 'R', batch: 'B', end: 'E' } as const;

export type BackupHeader = {
  readonly clusterId: string;
  readonly position: Position;
  readonly keys: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** For people: when it was made, ISO 8601. */
  readonly madeAt: string;
};

export type BackupPart =
  | { readonly type: 'record'; readonly json: Uint8Array }
  | { readonly type: 'batch'; readonly batch: ArchivedBatch };

/** Writes the file; it gets its name when all of it is on the disk. Returns its size. */
export async function writeBackup(
  fileSystem: FileSystem,
  path: string,
  header: BackupHeader,
  parts: AsyncIterable<BackupPart>,
): Promise<number> {
  const temporary = `${path}.part`;
  fileSystem.remove(temporary);
  const file = await fileSystem.openLogFile(temporary);
  const writer = new FrameWriter(file, magic);
  try {
    writer.add(kindOf('header'), Buffer.from(JSON.stringify({ formatVersion, ...header })));
    for await (const part of parts) {
      if (part.type === 'record') writer.add(kindOf('record'), part.json);
      else writer.add(kindOf('batch'), headerOf(part.batch), part.batch.data);
      if (writer.waitingBytes >= writeBytes) await writer.flush();
    }
    writer.add(kindOf('end'), Buffer.from(JSON.stringify({ frames: writer.frameCount })));
    await writer.flush();
    await file.datasync();
  } finally {
    await file.close();
  }
  fileSystem.rename(temporary, path);
  return writer.sizeBytes;
}

const kindOf = (kind: keyof typeof kinds): Buffer => Buffer.from(kinds[kind]);

/** What a file says of itself. Throws a DamagedFile. */
export async function backupHeader(fileSystem: FileSystem, path: string): Promise<BackupHeader> {
  const file = await fileSystem.openToRead(path);
  try {
    return await headerOfFile(new FrameReader(file, path), path);
  } finally {
    await file.close();
  }
}

/** All parts in order, each checked. Throws a DamagedFile, at the end when the file is cut off. */
export async function* readBackup(
  fileSystem: FileSystem,
  path: string,
): AsyncGenerator<BackupPart> {
  const file = await fileSystem.openToRead(path);
  try {
    const reader = new FrameReader(file, path);
    await headerOfFile(reader, path);
    for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
      const kind = String.fromCharCode(frame[0] ?? 0);
      const rest = frame.subarray(1);
      if (kind === kinds.record) yield { type: 'record', json: rest };
      else if (kind === kinds.batch) yield { type: 'batch', batch: batchOf(rest) };
      else if (kind === kinds.end) {
        const { frames } = JSON.parse(rest.toString()) as { frames: number };
        if (frames === reader.frameCount - 1) return;
      }
    }
    throw new DamagedFile(`${path} is cut off`);
  } finally {
    await file.close();
  }
}

async function headerOfFile(reader: FrameReader, path: string): Promise<BackupHeader> {
  await reader.begin(magic, 'backup');
  return headerIn(await reader.next(), path);
}

function headerIn(frame: Buffer | undefined, path: string): BackupHeader {
  const isHeader = frame !== undefined && String.fromCharCode(frame[0] ?? 0) === kinds.header;
  const header = isHeader ? JSON.parse(frame.subarray(1).toString()) : {};
  if (header.formatVersion !== formatVersion) {
    throw new DamagedFile(`${path} is of another version than ${formatVersion}`);
  }
  return header as BackupHeader;
}
