import { join } from 'node:path';
import { noPosition } from '../consensus/position.ts';
import type { Entry, LogIndex, Term } from '../consensus/types.ts';
import type { FileSystem, LogFile } from './file-system.ts';
import { reaches, type SnapshotMark } from './log-base.ts';
import { LogTail } from './log-tail.ts';
import type { LogFloor } from './metadata-document.ts';
import { scanSegment } from './scan-segment.ts';
import { cutAt, firstIndexOf, type Segment, segmentName } from './segment.ts';

export type ReadOptions = {
  readonly directory: string;
  readonly directoryId: string;
  readonly fileSystem: FileSystem;
  readonly tailMaxBytes: number;
  /** The newest snapshot of the directory: the log may begin behind it. */
  readonly snapshot?: SnapshotMark;
};

/** The files of a log as they were found. */
export type LogFiles = {
  /** The part of the log that can be used, without gap. */
  readonly segments: Segment[];
  readonly tail: LogTail;
  readonly runs: readonly { readonly term: Term; readonly firstIndex: LogIndex }[];
  /** Files that lie before a gap of which the snapshot holds everything. */
  readonly below: readonly string[];
  /** Files that cannot be used: damaged from the beginning, or behind something that is lost. */
  readonly above: readonly string[];
  /** The first thing that is wrong, unless the snapshot makes up for it. */
  readonly damage: Damage | undefined;
  /** What was wrong, and is made up for. */
  readonly repaired: Damage | undefined;
};
export type Damage = { readonly path: string; readonly why: string };

/** Reads all files in order, cuts off a torn write, and compares them with the floor. */
export async function readLogFiles(
  options: ReadOptions,
  floor: LogFloor | undefined,
  opened: Set<LogFile>,
): Promise<LogFiles> {
  const reading = new Reading(options, floor, opened);
  await reading.readAll();
  reading.compareWithFloor();
  await reading.makeDurable();
  return reading;
}

class Reading implements LogFiles {
  segments: Segment[] = [];
  tail: LogTail;
  runs: { term: Term; firstIndex: LogIndex }[] = [];
  readonly below: string[] = [];
  readonly above: string[] = [];
  damage: Damage | undefined;
  repaired: Damage | undefined;
  readonly #options: ReadOptions;
  readonly #floor: LogFloor | undefined;
  /** Files to be closed when the log cannot be opened. */
  readonly #opened: Set<LogFile>;
  readonly #firstIndexes: readonly number[];
  readonly #snapshotIndex: number;

  constructor(options: ReadOptions, floor: LogFloor | undefined, opened: Set<LogFile>) {
    this.#options = options;
    this.#floor = floor;
    this.#opened = opened;
    this.tail = new LogTail(0, options.tailMaxBytes);
    this.#snapshotIndex = options.snapshot?.position.index ?? 0;
    this.#firstIndexes = options.fileSystem
      .list(options.directory)
      .flatMap(name => firstIndexOf(name) ?? [])
      .sort((a, b) => a - b);
  }

  async readAll(): Promise<void> {
    for (const firstIndex of this.#firstIndexes) {
      const path = this.#pathOf(firstIndex);
      const expected = this.tail.lastIndex + 1;
      if (firstIndex !== expected && firstIndex <= this.#snapshotIndex + 1) {
        await this.#beginAnewAt(firstIndex);
      }
      if (firstIndex === this.tail.lastIndex + 1) await this.#read(firstIndex, path);
      else {
        const why = `entries ${expected} to ${firstIndex - 1} are missing before it`;
        this.damage ??= { path, why };
        this.above.push(path);
      }
    }
  }

  #pathOf(firstIndex: number): string {
    return join(this.#options.directory, segmentName(firstIndex));
  }

  /** What lies before is in the snapshot: whatever is wrong with it does no harm. */
  async #beginAnewAt(firstIndex: number): Promise<void> {
    for (const segment of this.segments) {
      await this.#close(segment.file);
      this.below.push(segment.path);
    }
    this.below.push(...this.above.splice(0));
    const missing = { path: this.#pathOf(this.#floor?.firstIndex ?? 0), why: 'it is missing' };
    const wasThere = this.#floor !== undefined && this.#floor.firstIndex < firstIndex;
    this.repaired ??= this.damage ?? (wasThere ? missing : undefined);
    this.segments = [];
    this.runs = [];
    this.damage = undefined;
    this.tail = new LogTail(firstIndex - 1, this.#options.tailMaxBytes);
  }

  async #read(firstIndex: number, path: string): Promise<void> {
    const { fileSystem, directory, directoryId } = this.#options;
    const file = await fileSystem.openLogFile(path);
    this.#opened.add(file);
    const nextFirstIndex = this.#firstIndexes[this.#firstIndexes.indexOf(firstIndex) + 1];
    const isKnown = this.#floor && firstIndex <= this.#floor.newestFirstIndex;
    const how = { firstIndex, directoryId, nextFirstIndex, isKnown };
    const { segment, ending } = await scanSegment(file, path, how, entry => this.#take(entry));
    if (ending.type === 'damaged') this.damage = { path, why: ending.why };
    if (ending.type === 'torn') await cutAt(segment, segment.endOffset);
    if (ending.type === 'unbegun') {
      await this.#close(file);
      fileSystem.remove(path);
      fileSystem.syncDirectory(directory);
    } else if (ending.type === 'damaged' && segment.lastIndex < firstIndex) {
      await this.#close(file);
      this.above.push(path);
    } else {
      this.segments.push(segment);
    }
  }

  async #close(file: LogFile): Promise<void> {
    this.#opened.delete(file);
    await file.close();
  }

  #take(entry: Entry): void {
    if (entry.term !== this.runs.at(-1)?.term) {
      this.runs.push({ term: entry.term, firstIndex: entry.index });
    }
    this.tail.push({ ...entry, payload: Buffer.from(entry.payload) });
  }

  /** A file that ends in zeros, or is not there, looks like a shorter log: only the floor tells. */
  compareWithFloor(): void {
    const isFetched = this.#options.snapshot?.isFetched === true;
    const lastIndex = Math.max(this.tail.lastIndex, isFetched ? this.#snapshotIndex : 0);
    const { newestFirstIndex = 0, durableIndex = 0 } = this.#floor ?? {};
    const path = this.segments.at(-1)?.path ?? this.#options.directory;
    if (newestFirstIndex > 0 && !this.#firstIndexes.includes(newestFirstIndex)) {
      this.damage ??= { path: this.#pathOf(newestFirstIndex), why: 'it is missing' };
    } else if (lastIndex < durableIndex) {
      const why = `it ends at entry ${lastIndex}, and entry ${durableIndex} was on the disk`;
      this.damage ??= { path, why };
    } else if (!isFetched && !this.#reachesSnapshot()) {
      const why = `it does not hold entry ${this.#snapshotIndex}, of which there is a snapshot`;
      this.damage ??= { path, why };
    }
  }

  #reachesSnapshot(): boolean {
    const firstIndex = this.segments[0]?.firstIndex as LogIndex | undefined;
    const lastIndex = this.tail.lastIndex as LogIndex;
    const position = this.#options.snapshot?.position ?? noPosition;
    return reaches({ runs: this.runs, firstIndex, lastIndex }, position);
  }

  /** After a kill the newest entries may still be on their way: what is told must be true. */
  async makeDurable(): Promise<void> {
    const { fileSystem, directory } = this.#options;
    const newest = this.segments.at(-1);
    if (newest === undefined) return;
    await newest.file.datasync();
    fileSystem.syncDirectory(directory);
  }
}
