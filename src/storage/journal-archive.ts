import { join } from 'node:path';
import type { FileSystem, LogFile } from './file-system.ts';
import { FrameReader, FrameWriter } from './frames.ts';

/*
 * What people have posted, for as long as it is kept: files of batches, copied out of the log
 * before its beginning is cut off. A file gets its name when it is on the disk, and never changes;
 * the name tells what is in it.
 */
const magic = Buffer.from('GRAFTJNL');
const batchHeaderBytes = 40;
const writeBytes = 1024 * 1024;
const temporaryName = 'entries.new';
/** An empty file whose name tells the number of the first object that is kept. */
const floorPattern = /^entries\.from-(\d+)$/;
const namePattern = /^entries-(\d+)-(\d+)-(\d+)-(\d+)\.jrn$/;
/** Beyond this a file is closed and the next one begun. */
const fileMaxBytes = 16 * 1024 * 1024;

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

/** What is kept; undefined: everything. */
export type Retention = {
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
};

/** The posted objects of one server that are no longer in its log. */
export class JournalArchive {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #files: ArchiveFile[];
  /** Undefined while nothing was ever here. */
  #firstSeq: number | undefined;
  /** How far it is known to reach beyond what the name of its newest file says. */
  #throughIndex = 0;
  /** Who reads, and relies on it that nothing is dropped meanwhile. */
  #holdCount = 0;
  /** One file is written at a time. */
  #adding: Promise<void> = Promise.resolve();

  private constructor(fileSystem: FileSystem, directory: string, files: ArchiveFile[]) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#files = files;
  }

  static async open(fileSystem: FileSystem, directory: string): Promise<JournalArchive> {
    fileSystem.remove(join(directory, temporaryName));
    const files: ArchiveFile[] = [];
    for (const name of fileSystem.list(directory)) {
      const [throughIndex, firstSeq, lastSeq, wallMs] = numbersOf(name) ?? [];
      if (throughIndex === undefined || firstSeq === undefined) continue;
      if (lastSeq === undefined || wallMs === undefined) continue;
      const path = join(directory, name);
      const file = await fileSystem.openToRead(path);
      const sizeBytes = await file.sizeBytes().finally(() => file.close());
      files.push({ path, throughIndex, firstSeq, lastSeq, wallMs, sizeBytes });
    }
    files.sort((a, b) => a.firstSeq - b.firstSeq);
    const archive = new JournalArchive(fileSystem, directory, files);
    await archive.#findBeginning();
    return archive;
  }

  /**
   * Without its own note, an archive whose oldest files are lost would pass for one of which a rule
   * has dropped them. Files from below it are left over from a drop that a crash has cut short.
   */
  async #findBeginning(): Promise<void> {
    const noted = this.#notedBeginnings();
    // Version 0.1 noted nothing.
    const firstSeq = noted.length > 0 ? Math.max(...noted) : this.#files[0]?.firstSeq;
    if (firstSeq === undefined) return;
    await this.#beginWith(firstSeq);
    for (let oldest = this.#files[0]; oldest !== undefined; oldest = this.#files[0]) {
      if (oldest.lastSeq >= firstSeq) break;
      this.#files.shift();
      await this.#fileSystem.inBackground.remove(oldest.path);
    }
  }

  #notedBeginnings(): number[] {
    return this.#fileSystem
      .list(this.#directory)
      .flatMap(name => floorPattern.exec(name)?.slice(1).map(Number) ?? []);
  }

  /** Notes where the archive begins from now on, durably. */
  async #beginWith(firstSeq: number): Promise<void> {
    this.#firstSeq = firstSeq;
    const noted = this.#notedBeginnings();
    if (!noted.includes(firstSeq)) {
      await (await this.#fileSystem.openLogFile(this.#floorPath(firstSeq))).close();
      await this.#fileSystem.inBackground.syncDirectory(this.#directory);
    }
    for (const older of noted) {
      if (older !== firstSeq) await this.#fileSystem.inBackground.remove(this.#floorPath(older));
    }
  }

  #floorPath(firstSeq: number): string {
    return join(this.#directory, `entries.from-${firstSeq}`);
  }

  /** All posted objects of the log up to this entry are here, or were dropped. */
  get throughIndex(): number {
    return Math.max(this.#throughIndex, this.#files.at(-1)?.throughIndex ?? 0);
  }

  /** Number of the last object that is here; 0 when there is none. */
  get lastSeq(): number {
    return this.#files.at(-1)?.lastSeq ?? 0;
  }

  /** Number of the oldest object that is kept, be its file lost; undefined when none ever was. */
  get firstSeq(): number | undefined {
    return this.#firstSeq;
  }

  /**
   * Adds batches that follow what is here, in order; all entries up to `throughIndex` are done.
   * What is here already (it may have come from another server meanwhile) is left out.
   */
  add(batches: AsyncIterable<ArchivedBatch>, throughIndex: number): Promise<void> {
    const adding = this.#adding.then(() => this.#add(batches, throughIndex));
    this.#adding = adding.catch(() => undefined);
    return adding;
  }

  async #add(batches: AsyncIterable<ArchivedBatch>, throughIndex: number): Promise<void> {
    let writing: Writing | undefined;
    let last: ArchivedBatch | undefined;
    const { lastSeq } = this;
    for await (const batch of batches) {
      if (batch.firstSeq <= lastSeq) continue;
      if (last !== undefined) demandNext(batch, last);
      if (writing !== undefined && writing.frames.sizeBytes > fileMaxBytes && last !== undefined) {
        await this.#finish(writing, last, last.index);
        writing = undefined;
      }
      writing ??= await this.#begin(batch.firstSeq);
      writing.frames.add(headerOf(batch), batch.data);
      if (writing.frames.waitingBytes >= writeBytes) await writing.frames.flush();
      last = batch;
    }
    if (writing !== undefined && last !== undefined) {
      await this.#finish(writing, last, throughIndex);
    }
    this.#throughIndex = Math.max(this.#throughIndex, throughIndex);
  }

  /** Nothing is dropped until the function that is returned was called. */
  hold(): () => void {
    this.#holdCount += 1;
    return () => {
      this.#holdCount -= 1;
    };
  }

  /** Batches from the one with object `fromSeq` on, as far as they are here. */
  async *read(fromSeq: number): AsyncGenerator<ArchivedBatch> {
    for (const { path, lastSeq } of [...this.#files]) {
      if (lastSeq < fromSeq) continue;
      const file = await this.#fileSystem.openToRead(path);
      try {
        const reader = new FrameReader(file, path);
        await reader.begin(magic, 'file of entries');
        for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
          const batch = batchOf(frame);
          if (batch.firstSeq + batch.count > fromSeq) yield batch;
        }
      } finally {
        await file.close();
      }
    }
  }

  /** Removes the oldest files that need not be kept any more. */
  async drop({ maxBytes, maxAgeMs }: Retention, nowMs: number): Promise<void> {
    // What is too much now will still be after the next snapshot.
    if (this.#holdCount > 0) return;
    let bytes = this.#files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    // The newest file tells how far the archive reaches.
    while (this.#files.length > 1) {
      const [oldest, next] = this.#files;
      if (oldest === undefined || next === undefined) return;
      const isTooMuch = maxBytes !== undefined && bytes > maxBytes;
      const isTooOld = maxAgeMs !== undefined && nowMs - oldest.wallMs > maxAgeMs;
      if (!isTooMuch && !isTooOld) return;
      this.#files.shift();
      bytes -= oldest.sizeBytes;
      // Noted first: a crash leaves a file too many, never one too few.
      await this.#beginWith(next.firstSeq);
      await this.#fileSystem.inBackground.remove(oldest.path);
      await this.#fileSystem.inBackground.syncDirectory(this.#directory);
    }
  }

  async #begin(firstSeq: number): Promise<Writing> {
    if (this.#firstSeq === undefined) await this.#beginWith(firstSeq);
    const path = join(this.#directory, temporaryName);
    this.#fileSystem.remove(path);
    const file = await this.#fileSystem.openLogFile(path);
    return { path, file, firstSeq, frames: new FrameWriter(file, magic) };
  }

  async #finish(writing: Writing, last: ArchivedBatch, throughIndex: number): Promise<void> {
    const { file, frames, firstSeq } = writing;
    await frames.flush();
    await file.datasync();
    await file.close();
    const { wallMs } = last;
    const lastSeq = last.firstSeq + last.count - 1;
    const name = `entries-${throughIndex}-${firstSeq}-${lastSeq}-${wallMs}.jrn`;
    const path = join(this.#directory, name);
    await this.#fileSystem.inBackground.rename(writing.path, path);
    await this.#fileSystem.inBackground.syncDirectory(this.#directory);
    const { sizeBytes } = frames;
    this.#files.push({ path, throughIndex, firstSeq, lastSeq, wallMs, sizeBytes });
  }
}

type Writing = {
  readonly path: string;
  readonly file: LogFile;
  readonly firstSeq: number;
  readonly frames: FrameWriter;
};

function demandNext({ firstSeq }: ArchivedBatch, last: ArchivedBatch): void {
  const next = last.firstSeq + last.count;
  if (firstSeq !== next) throw new Error(`object ${firstSeq} comes in the place of ${next}`);
}

const numbersOf = (name: string): number[] | undefined =>
  namePattern.exec(name)?.slice(1).map(Number);

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
