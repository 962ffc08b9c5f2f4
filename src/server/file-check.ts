import { join } from 'node:path';
import type { LogDamage } from '../storage/check-log.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { DamagedFile } from '../storage/frames.ts';
import type { JournalArchive } from '../storage/journal-archive.ts';
import type { Metadata } from '../storage/metadata.ts';
import { Pace, paced } from '../storage/pace.ts';
import { readSnapshot, snapshotPaths } from '../storage/snapshot-file.ts';
import type { WriteAheadLog } from '../storage/write-ahead-log.ts';

/** A pass takes no longer, however much there is to read. */
const passMaxSeconds = 20 * 60 * 60;

export type CheckedFiles = {
  readonly directory: string;
  readonly archive: JournalArchive;
  readonly log: WriteAheadLog;
  readonly metadata: Metadata;
};

export type FoundDamage =
  /** The archive knows itself what it lacks now. */
  | { readonly type: 'archive'; readonly text: string }
  | { readonly type: 'log'; readonly damage: LogDamage }
  | { readonly type: 'snapshot'; readonly path: string; readonly text: string }
  | { readonly type: 'metadata'; readonly path: string; readonly text: string };

/**
 * Reads all files of a server once, and reports what is damaged: so many bytes a second, or as many
 * more as it takes to be through within a day.
 */
export async function* checkFiles(
  files: CheckedFiles,
  bytesPerSecond: number,
  wait: (ms: number) => Promise<unknown>,
): AsyncGenerator<FoundDamage> {
  const { archive, directory, log, metadata } = files;
  const pace = new Pace(bytesPerSecond, wait);
  const fileSystem = paced(nodeFileSystem, pace);
  const snapshots = snapshotPaths(nodeFileSystem, directory);
  const totalBytes = archive.sizeBytes + sumOf(log.files) + (await sizeOf(snapshots));
  pace.bytesPerSecond = Math.max(bytesPerSecond, totalBytes / passMaxSeconds);
  const why = metadata.damage;
  if (why !== undefined) {
    yield { type: 'metadata', path: join(directory, 'metadata.json'), text: why };
  }
  // Before the log: what is damaged of it may go if they hold it.
  for (const path of snapshots) {
    const text = await damageIn(readSnapshot(fileSystem, path, () => undefined));
    if (text !== undefined) yield { type: 'snapshot', path, text };
  }
  for await (const damage of log.findDamage(fileSystem)) yield { type: 'log', damage };
  // The oldest may be dropped meanwhile.
  for (const file of [...archive.files]) {
    const text = await damageIn(readToEnd(archive.readFile(file, fileSystem)));
    if (text !== undefined) yield { type: 'archive', text };
  }
}

const sumOf = (files: readonly { readonly endOffset: number }[]): number =>
  files.reduce((sum, { endOffset }) => sum + endOffset, 0);

async function sizeOf(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    const file = await nodeFileSystem.openToRead(path);
    bytes += await file.sizeBytes().finally(() => file.close());
  }
  return bytes;
}

async function readToEnd(items: AsyncIterable<unknown>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

/** A newer one may have taken its place meanwhile. */
const damageIn = (reading: Promise<unknown>): Promise<string | undefined> =>
  reading.then(
    () => undefined,
    (error: Error) => {
      if (error instanceof DamagedFile) return error.message;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    },
  );
