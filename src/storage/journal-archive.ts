import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { mebibyte } from '../words.ts';
import {
  type ArchivedBatch,
  type ArchiveFile,
  archiveMagic,
  batchesIn,
  headerOf,
} from './archive-file.ts';
import {
  type ArchiveFloorStore,
  floorOf,
  forgetfulFloor,
  gapsIn,
  type Range,
} from './archive-floor.ts';
import type { FileSystem, LogFile } from './file-system.ts';
import { DamagedFile, FrameWriter } from './frames.ts';
import type { ArchiveFloor } from './metadata-document.ts';

/*
 * What people have posted, for as long as it is kept: files of batches, copied out of the log
 * before its beginning is cut off. A file gets its name when it is on the disk, and never changes;
 * the name tells what is in it.
 */
const writeBytes = mebibyte;
const temporaryName = 'entries.new';
const namePattern = /^entries-(\d+)-(\d+)-(\d+)-(\d+)\.jrn$/;
/** Beyond this a file is closed and the next one begun. */
const fileMaxBytes = 16 * mebibyte;

/** What is kept; undefined: everything. */
export type Retention = {
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
};

/**
 * The posted objects of one server that are no longer in its log. What it should hold is known
 * beside it: a file that is missing or damaged leaves a gap, and never gives others its numbers.
 */
export class JournalArchive {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #store: ArchiveFloorStore;
  /** Those that are taken to be sound, in order. */
  #files: ArchiveFile[];
  #floor: ArchiveFloor;
  /** Files that were found to be damaged, and why. */
  readonly #damaged = new Map<string, string>();
  /** How far it is known to reach beyond what the name of its newest file says. */
  #throughIndex = 0;
  /** Who reads, and relies on it that nothing is dropped meanwhile. */
  #holdCount = 0;
  /** One file is written at a time. */
  #adding: Promise<void> = Promise.resolve();
  /** The file that has no name yet. */
  #writing: Writing | undefined;

  private constructor(
    fileSystem: FileSystem,
    directory: string,
    files: ArchiveFile[],
    store: ArchiveFloorStore,
  ) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#files = files;
    this.#store = store;
    this.#floor = floorOf(files, store.archiveFloor);
  }

  static async open(
    fileSystem: FileSystem,
    directory: string,
    store: ArchiveFloorStore = forgetfulFloor(),
  ): Promise<JournalArchive> {
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
    const archive = new JournalArchive(fileSystem, directory, files, store);
    if (files.length > 0) archive.#keep(archive.#floor);
    // They were to go when the process died.
    await archive.#removeBefore(archive.#floor.firstSeq);
    return archive;
  }

  #keep(floor: ArchiveFloor): void {
    this.#floor = floor;
    if (!isDeepStrictEqual(this.#store.archiveFloor, floor)) {
      this.#store.update({ archiveFloor: floor });
    }
  }

  /** All posted objects of the log up to this entry are here, or were dropped. */
  get throughIndex(): number {
    return Math.max(this.#throughIndex, this.#floor.throughIndex);
  }

  /** Number of the last object that is here, or should be; 0 when there is none. */
  get lastSeq(): number {
    return this.#floor.lastSeq;
  }

  /** Number of the oldest object that is kept, be its file lost; undefined when none ever was. */
  get firstSeq(): number | undefined {
    return this.#floor.lastSeq === 0 ? undefined : this.#floor.firstSeq;
  }

  /** Objects that should be here, and are in no file that can be read. */
  get missing(): readonly Range[] {
    return this.lastSeq === 0 ? [] : gapsIn(this.#floor, this.#files);
  }

  get files(): readonly ArchiveFile[] {
    return this.#files;
  }

  get sizeBytes(): number {
    return this.#files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Files that cannot be read, by name; and what is missing without one. */
  get damagedFiles(): readonly string[] {
    const names = [...this.#damaged.keys()].map(path => basename(path));
    const isNamed = ({ firstSeq, lastSeq }: Range): boolean =>
      names.some(name => name.includes(`-${firstSeq}-${lastSeq}-`));
    const nameless = this.missing.filter(range => !isNamed(range));
    return [
      ...names,
      ...nameless.map(({ firstSeq, lastSeq }) => `entries-*-${firstSeq}-${lastSeq}-*.jrn`),
    ];
  }

  /**
   * Adds batches that follow what is here, in order; all entries up to `throughIndex` are done.
   * What is here already (it may have come from another server meanwhile) is left out.
   */
  add(batches: AsyncIterable<ArchivedBatch>, throughIndex: number): Promise<void> {
    return this.#inTurn(() => this.#add(batches, throughIndex));
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const adding = this.#adding.then(run).catch(async (error: unknown) => {
      await this.#giveUp().catch(() => undefined);
      throw error;
    });
    this.#adding = adding.catch(() => undefined);
    return adding;
  }

  /** Whoever sends may break off: what is here of it by then would stay open, and take room. */
  async #giveUp(): Promise<void> {
    const writing = this.#writing;
    if (writing === undefined) return;
    this.#writing = undefined;
    await writing.file.close();
    await this.#fileSystem.inBackground.remove(writing.path);
  }

  async #add(batches: AsyncIterable<ArchivedBatch>, throughIndex: number): Promise<void> {
    let writing: Writing | undefined;
    let last: ArchivedBatch | undefined;
    const { lastSeq } = this;
    for await (const batch of batches) {
      if (batch.firstSeq <= lastSeq) continue;
      if (last !== undefined) demandNext(batch, last);
      const isFull = writing !== undefined && writing.frames.sizeBytes > fileMaxBytes;
      // A file holds entries whole: else it would say of the last one that all of it is here.
      if (isFull && writing !== undefined && last !== undefined && batch.index > last.index) {
        await this.#finishNext(writing, last, last.index);
        writing = undefined;
      }
      writing ??= await this.#begin(batch.firstSeq);
      writing.frames.add(headerOf(batch), batch.data);
      if (writing.frames.waitingBytes >= writeBytes) await writing.frames.flush();
      last = batch;
    }
    if (writing !== undefined && last !== undefined) {
      await this.#finishNext(writing, last, throughIndex);
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

  async #finishNext(writing: Writing, last: ArchivedBatch, throughIndex: number): Promise<void> {
    const { firstSeq, lastSeq } = this.#floor;
    const added = await this.#finish(writing, last, throughIndex);
    this.#files.push(added);
    // What lies between was dropped where this came from, and so is what lies before it.
    const isApart = added.firstSeq > lastSeq + 1;
    const { lastSeq: newLastSeq } = added;
    const newFirstSeq = isApart ? added.firstSeq : firstSeq;
    this.#keep({ firstSeq: newFirstSeq, lastSeq: newLastSeq, throughIndex });
    if (isApart) await this.#removeBefore(newFirstSeq);
  }

  /** Puts back what is missing: batches of one gap, all of it. Rejects when they do not fit. */
  fill(gap: Range, batches: AsyncIterable<ArchivedBatch>): Promise<void> {
    return this.#inTurn(() => this.#fill(gap, batches));
  }

  /** Adds what follows it, all of it or nothing; unless it has come in another way meanwhile. */
  extend(
    gap: Range & { readonly throughIndex: number },
    batches: AsyncIterable<ArchivedBatch>,
  ): Promise<void> {
    return this.#inTurn(async () => {
      if (gap.firstSeq !== this.lastSeq + 1) return;
      const { lastSeq, throughIndex } = gap;
      this.#files.push(await this.#writeAll(gap, batches, throughIndex));
      this.#keep({ ...this.#floor, lastSeq, throughIndex });
    });
  }

  async #writeAll(
    gap: Range,
    batches: AsyncIterable<ArchivedBatch>,
    throughIndex?: number,
  ): Promise<ArchiveFile> {
    const writing = await this.#begin(gap.firstSeq);
    let last: ArchivedBatch | undefined;
    for await (const batch of batches) {
      demandNext(batch, last ?? { ...batch, firstSeq: gap.firstSeq, count: 0 });
      writing.frames.add(headerOf(batch), batch.data);
      if (writing.frames.waitingBytes >= writeBytes) await writing.frames.flush();
      last = batch;
    }
    if (last === undefined || last.firstSeq + last.count - 1 !== gap.lastSeq) {
      throw new Error(`objects ${gap.firstSeq} to ${gap.lastSeq} did not come whole`);
    }
    return this.#finish(writing, last, throughIndex ?? last.index);
  }

  async #fill(gap: Range, batches: AsyncIterable<ArchivedBatch>): Promise<void> {
    const added = await this.#writeAll(gap, batches);
    this.#files = [...this.#files, added].sort((a, b) => a.firstSeq - b.firstSeq);
    for (const path of this.#damaged.keys()) {
      const [, firstSeq = 0, lastSeq = 0] = numbersOf(basename(path)) ?? [];
      if (firstSeq < gap.firstSeq || lastSeq > gap.lastSeq) continue;
      this.#damaged.delete(path);
      if (path !== added.path) await this.#fileSystem.inBackground.remove(path);
    }
  }

  /**
   * Batches from the one with object `fromSeq` on, to the end of the archive. Throws a DamagedFile
   * at the first object that is missing.
   */
  async *read(fromSeq: number): AsyncGenerator<ArchivedBatch> {
    let next = Math.max(fromSeq, this.#floor.firstSeq);
    for (const file of [...this.#files]) {
      if (file.lastSeq < next) continue;
      if (file.firstSeq > next) throw new DamagedFile(`the file with object ${next} is missing`);
      for await (const batch of this.readFile(file)) {
        const end = batch.firstSeq + batch.count;
        if (end > fromSeq) yield batch;
        next = Math.max(next, end);
      }
    }
    if (next <= this.lastSeq) throw new DamagedFile(`the file with object ${next} is missing`);
  }

  /** All batches of a file. Throws a DamagedFile where it is not what its name says. */
  async *readFile(
    file: ArchiveFile,
    fileSystem: Pick<FileSystem, 'openToRead'> = this.#fileSystem,
  ): AsyncGenerator<ArchivedBatch> {
    try {
      yield* batchesIn(fileSystem, file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!(error instanceof DamagedFile) && code !== 'ENOENT') throw error;
      // It was dropped meanwhile.
      if (!this.#files.includes(file)) throw error;
      this.#damaged.set(file.path, (error as Error).message);
      this.#files = this.#files.filter(one => one !== file);
      throw new DamagedFile((error as Error).message);
    }
  }

  /** Removes the oldest files that need not be kept any more. */
  async drop({ maxBytes, maxAgeMs }: Retention, nowMs: number): Promise<void> {
    // What is too much now will still be after the next snapshot.
    if (this.#holdCount > 0) return;
    let bytes = this.sizeBytes;
    let firstSeq: number | undefined;
    // A leader whose machine slept is behind with its stamps: nothing is older than the newest one.
    const asOfMs = Math.min(nowMs, this.#files.at(-1)?.wallMs ?? nowMs);
    // The newest file tells how far the archive reaches.
    for (const [place, oldest] of this.#files.slice(0, -1).entries()) {
      const isTooMuch = maxBytes !== undefined && bytes > maxBytes;
      const isTooOld = maxAgeMs !== undefined && asOfMs - oldest.wallMs > maxAgeMs;
      if (!isTooMuch && !isTooOld) break;
      bytes -= oldest.sizeBytes;
      firstSeq = this.#files[place + 1]?.firstSeq;
    }
    if (firstSeq === undefined) return;
    // Noted first: a crash in between shall not look like a loss.
    this.#keep({ ...this.#floor, firstSeq });
    await this.#removeBefore(firstSeq);
  }

  /** The oldest first: a crash leaves no gap. */
  async #removeBefore(firstSeq: number): Promise<void> {
    const { remove, syncDirectory } = this.#fileSystem.inBackground;
    for (let oldest = this.#files[0]; oldest !== undefined; oldest = this.#files[0]) {
      if (oldest.lastSeq >= firstSeq) return;
      this.#files.shift();
      await remove(oldest.path);
      await syncDirectory(this.#directory);
    }
  }

  async #begin(firstSeq: number): Promise<Writing> {
    const path = join(this.#directory, temporaryName);
    this.#fileSystem.remove(path);
    const file = await this.#fileSystem.openLogFile(path);
    this.#writing = { path, file, firstSeq, frames: new FrameWriter(file, archiveMagic) };
    return this.#writing;
  }

  async #finish(writing: Writing, last: ArchivedBatch, throughIndex: number): Promise<ArchiveFile> {
    const { file, frames, firstSeq } = writing;
    await frames.flush();
    await file.datasync();
    await file.close();
    const { wallMs } = last;
    const lastSeq = last.firstSeq + last.count - 1;
    const name = `entries-${throughIndex}-${firstSeq}-${lastSeq}-${wallMs}.jrn`;
    const path = join(this.#directory, name);
    await this.#fileSystem.inBackground.rename(writing.path, path);
    this.#writing = undefined;
    await this.#fileSystem.inBackground.syncDirectory(this.#directory);
    const { sizeBytes } = frames;
    return { path, throughIndex, firstSeq, lastSeq, wallMs, sizeBytes };
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
