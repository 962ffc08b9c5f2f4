import type { FileSystem, LogFile } from './file-system.ts';
import { encodeSegmentHeader, RecordReader, segmentHeaderBytes } from './segment.ts';

/** How far a file of the log is durable, at some moment. */
export type DurableFile = {
  readonly path: string;
  readonly directoryId: string;
  readonly firstIndex: number;
  /** Nothing of what lies before is written any more. */
  readonly endOffset: number;
};

/** Damage in a file of the log of a server that runs. */
export type LogDamage = {
  readonly path: string;
  readonly why: string;
  /** Where the next file begins; undefined: it is the newest one. */
  readonly nextFirstIndex: number | undefined;
};

/** What is wrong with a file, as far as it was durable; undefined: nothing. */
export async function findLogDamage(
  fileSystem: Pick<FileSystem, 'openToRead'>,
  durable: DurableFile,
): Promise<string | undefined> {
  try {
    const file = await fileSystem.openToRead(durable.path);
    return await readAll(file, durable).finally(() => file.close());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return 'it is missing';
  }
}

async function readAll(
  file: LogFile,
  { directoryId, firstIndex, endOffset }: DurableFile,
): Promise<string | undefined> {
  const header = Buffer.alloc(segmentHeaderBytes);
  await file.read(header, 0);
  if (!header.equals(encodeSegmentHeader(firstIndex, directoryId))) {
    return 'its beginning is damaged';
  }
  const reader = new RecordReader({ file, endOffset });
  let index = firstIndex;
  let previousCrc = 0;
  for (let offset = segmentHeaderBytes; offset < endOffset; ) {
    const record = await reader.at(offset);
    const isNext =
      record?.previousCrc === previousCrc &&
      (record.type === 'mark' || record.entry.index === index);
    if (record === undefined || !isNext) {
      return `it is corrupt at byte ${offset}, in entry ${index}`;
    }
    if (record.type === 'entry') index += 1;
    previousCrc = record.crc;
    offset += record.sizeBytes;
  }
  return undefined;
}
