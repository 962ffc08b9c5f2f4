import type { FileSystem } from './file-system.ts';
import { DamagedFile, FrameReader } from './frames.ts';

/* One file of the archive: frames, each with a batch and where it stood in the log. */
export const archiveMagic = Buffer.from('GRAFTJNL');
const batchHeaderBytes = 40;

/** Objects that were posted together, as a JSON array. */
export type ArchivedBatch = {
  /** Of the log entry. */
  readonly index: number;
  readonly term: number;
  readonly wallMs: number;
  readonly firstSeq: number;
  readonly count: number;
  readonly data: Uint8Array;
};

export type ArchiveFile = {
  readonly path: string;
  /** All entries of the log up to this one are here, or in an older file. */
  readonly throughIndex: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Stamp of the newest batch, for retention by age. */
  readonly wallMs: number;
  readonly sizeBytes: number;
};

/** All batches of a file. Throws a DamagedFile where it is not what its name says. */
export async function* batchesIn(
  fileSystem: Pick<FileSystem, 'openToRead'>,
  file: ArchiveFile,
): AsyncGenerator<ArchivedBatch> {
  const { path, firstSeq, lastSeq } = file;
  const opened = await fileSystem.openToRead(path);
  try {
    const reader = new FrameReader(opened, path);
    await reader.begin(archiveMagic, 'file of entries');
    let next = firstSeq;
    for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
      const batch = batchOf(frame);
      if (batch.firstSeq !== next) throw new DamagedFile(`${path} holds other objects`);
      yield batch;
      next += batch.count;
    }
    // A cut between two frames is seen by nothing else.
    if (next !== lastSeq + 1) throw new DamagedFile(`${path} is cut off`);
  } finally {
    await opened.close();
  }
}

/** What stands before the data of a batch in a file. */
export function headerOf({ index, term, wallMs, firstSeq, count }: ArchivedBatch): Buffer {
  const header = Buffer.alloc(batchHeaderBytes);
  header.writeDoubleLE(index, 0);
  header.writeDoubleLE(term, 8);
  header.writeDoubleLE(wallMs, 16);
  header.writeDoubleLE(firstSeq, 24);
  header.writeDoubleLE(count, 32);
  return header;
}

export const batchOf = (frame: Buffer): ArchivedBatch => ({
  index: frame.readDoubleLE(0),
  term: frame.readDoubleLE(8),
  wallMs: frame.readDoubleLE(16),
  firstSeq: frame.readDoubleLE(24),
  count: frame.readDoubleLE(32),
  data: frame.subarray(batchHeaderBytes),
});
