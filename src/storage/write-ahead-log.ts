import { assert } from '../assert.ts';
import type { Entry, LogIndex, Position } from '../consensus/types.ts';
import { mebibyte } from '../words.ts';
import { findLogDamage, type LogDamage } from './check-log.ts';
import { FailedSync, isOutOfRoom } from './disk-space.ts';
import type { FileSystem, LogFile } from './file-system.ts';
import { DamagedFile } from './frames.ts';
import { LogFloorKeeper } from './log-floor.ts';
import type { LogStore, LogStoreListener } from './log-store.ts';
import type { LogTail } from './log-tail.ts';
import { encodeEntry, paddedBytes } from './record.ts';
import { type OpenedFiles, type RecoverOptions, recoverLog } from './recover-log.ts';
import {
  createSegment,
  cutAt,
  fillAhead,
  fillBytes,
  findCut,
  groupEnd,
  noteCheckpoint,
  readSegment,
  type Segment,
  writeMark,
} from './segment.ts';

/** After this silence the log notes how far it is durable, without waiting for the disk. */
const markDelayMs = 100;
/** When the disk is full, what waits is tried again so often, unless it is more than this. */
const roomRetryMs = 500;
const waitingMaxBytes = 256 * mebibyte;

export type WriteAheadLogOptions = RecoverOptions & {
  readonly listener: LogStoreListener;
  /** A file is closed when it has grown beyond this. */
  readonly segmentMaxBytes: number;
};

export type OpenedLog = Omit<OpenedFiles, 'segments' | 'tail'> & {
  readonly log: WriteAheadLog;
};

type Work =
  | { readonly type: 'write'; readonly entries: Entry[]; readonly logGeneration: number }
  | { readonly type: 'cut'; readonly fromIndex: number; readonly logGeneration: number }
  | { readonly type: 'reset'; readonly baseIndex: number; readonly logGeneration: number };

/**
 * The log on the disk: segment files of framed records, written in groups.
 *
 * One write and one fdatasync are on their way at a time; what is appended meanwhile joins the next
 * group, so that many small appends cost few syncs. A truncation cuts the files and is durable
 * before anything that was appended after it is written: nothing can bring removed entries back.
 */
export class WriteAheadLog implements LogStore {
  readonly #options: WriteAheadLogOptions;
  readonly #segments: Segment[];
  readonly #tail: LogTail;
  #durableIndex: number;
  #generation = 0;
  #work: Work[] = [];
  #running: Promise<void> | undefined;
  #hasFailed = false;
  #isClosed = false;
  #syncCount = 0;
  #resetCount = 0;
  /** Counts beginnings and ends of removals. */
  #cutCount = 0;
  /** Everything that is being read from the files. */
  #reading: Promise<unknown> = Promise.resolve();
  #markTimer: NodeJS.Timeout | undefined;
  readonly #floor: LogFloorKeeper;

  private constructor(options: WriteAheadLogOptions, segments: Segment[], tail: LogTail) {
    this.#options = options;
    this.#segments = segments;
    this.#tail = tail;
    this.#durableIndex = tail.lastIndex;
    this.#floor = new LogFloorKeeper(options.floorStore);
  }

  /** Opens the log of a directory, mends what can be mended, and tells what it holds. */
  static async open(options: WriteAheadLogOptions): Promise<OpenedLog> {
    const opened = new Set<LogFile>();
    try {
      const { segments, tail, ...told } = await recoverLog(options, opened);
      return { log: new WriteAheadLog(options, segments, tail), ...told };
    } catch (error) {
      for (const file of opened) await file.close();
      throw error;
    }
  }

  get firstIndex(): LogIndex {
    return (this.#segments[0]?.firstIndex ?? this.#durableIndex + 1) as LogIndex;
  }

  get lastIndex(): LogIndex {
    return this.#tail.lastIndex as LogIndex;
  }

  /** Disk syncs since the log was opened: appends per sync tell how well groups form. */
  get syncCount(): number {
    return this.#syncCount;
  }

  get files(): readonly Pick<Segment, 'path' | 'endOffset'>[] {
    return this.#segments;
  }

  /** Files that are not as they were written, as far as they are durable. */
  async *findDamage(fileSystem: Pick<FileSystem, 'openToRead'>): AsyncGenerator<LogDamage> {
    const { directoryId } = this.#options;
    for (const segment of [...this.#segments]) {
      const { path, firstIndex, endOffset } = segment;
      const cuts = this.#cutCount;
      const why = await findLogDamage(fileSystem, { path, directoryId, firstIndex, endOffset });
      const place = this.#segments.indexOf(segment);
      // What was removed meanwhile is not missing.
      if (why === undefined || place < 0 || cuts !== this.#cutCount) continue;
      yield { path, why, nextFirstIndex: this.#segments[place + 1]?.firstIndex };
    }
  }

  append(entries: readonly Entry[], logGeneration: number): void {
    this.#generation = logGeneration;
    for (const entry of entries) {
      assert(entry.index === this.#tail.lastIndex + 1, 'the log has no gap');
      this.#tail.push(entry);
    }
    const last = this.#work.at(-1);
    if (last?.type === 'write' && last.logGeneration === logGeneration) {
      for (const entry of entries) last.entries.push(entry);
    } else {
      this.#work.push({ type: 'write', entries: [...entries], logGeneration });
    }
    this.#start();
  }

  truncate(fromIndex: LogIndex, logGeneration: number): void {
    assert(fromIndex >= this.firstIndex, 'a truncation stays within the log');
    this.#generation = logGeneration;
    this.#tail.truncate(fromIndex);
    this.#work.push({ type: 'cut', fromIndex, logGeneration });
    this.#start();
  }

  reset({ index }: Position, logGeneration: number): void {
    this.#generation = logGeneration;
    this.#resetCount += 1;
    this.#tail.reset(index);
    this.#work.push({ type: 'reset', baseIndex: index, logGeneration });
    this.#start();
  }

  /**
   * Removes files whose entries all lie before `index`. Returns the first entry that is left: it
   * and what lies before it must not be asked for any more. Undefined when nothing was removed.
   */
  async compact(index: LogIndex): Promise<LogIndex | undefined> {
    const { fileSystem, directory } = this.#options;
    const { remove, syncDirectory } = fileSystem.inBackground;
    const resets = this.#resetCount;
    let [oldest, next] = this.#segments;
    this.#floor.held(this.#durableIndex);
    if (next === undefined || next.firstIndex > index) return undefined;
    this.#floor.beforeCompaction(
      this.#segments.findLast(({ firstIndex }) => firstIndex <= index)?.firstIndex ?? 0,
    );
    while (oldest !== undefined && next !== undefined && next.firstIndex <= index) {
      this.#segments.shift();
      this.#retire(oldest);
      // The oldest first: a crash leaves a log without gap.
      await remove(oldest.path);
      await syncDirectory(directory);
      [oldest, next] = this.#segments;
    }
    // A log that has begun anew meanwhile has another base.
    return resets === this.#resetCount ? this.firstIndex : undefined;
  }

  /** Somebody may still be reading in it. */
  #retire(segment: Segment): void {
    this.#reading = this.#reading.then(() => segment.file.close()).catch(() => undefined);
  }

  async read(range: {
    fromIndex: LogIndex;
    throughIndex: LogIndex;
    maxBytes: number;
  }): Promise<readonly Entry[]> {
    const inMemory = this.#tail.read(range);
    if (inMemory !== undefined) return inMemory;
    // Whoever still asks then gets nothing: closed files are no damage.
    if (this.#isClosed) return [];
    const segment = this.#segments.findLast(({ firstIndex }) => firstIndex <= range.fromIndex);
    if (segment === undefined) return [];
    const generation = this.#generation;
    // What is in memory is newer than the files: a truncation may not have cut them yet.
    const throughIndex = Math.min(range.throughIndex, this.#tail.firstIndex - 1);
    const reading = readSegment(segment, { ...range, throughIndex }).catch((error: Error) => {
      this.#fail(error);
      return [];
    });
    this.#reading = Promise.all([this.#reading, reading]).then(() => undefined);
    const entries = await reading;
    if (generation !== this.#generation) return [];
    if (entries[0]?.index !== range.fromIndex) {
      this.#fail(new DamagedFile(`${segment.path} has lost entry ${range.fromIndex}`));
      return [];
    }
    return entries;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#markTimer);
    await this.#running;
    await this.#reading;
    if (!this.#hasFailed) await this.#settleDown().catch(() => undefined);
    for (const { file } of this.#segments) await file.close();
  }

  /** For the next start; what is not written is only known less well. */
  async #settleDown(): Promise<void> {
    await this.#writeMark();
    this.#floor.held(this.#durableIndex);
  }

  #start(): void {
    if (this.#running !== undefined || this.#hasFailed || this.#isClosed) return;
    clearTimeout(this.#markTimer);
    this.#running = this.#drain()
      .catch((error: Error) => this.#fail(error))
      .finally(() => {
        this.#running = undefined;
        if (!this.#hasFailed && !this.#isClosed) this.#scheduleMark();
      });
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#work = [];
    // Never retried: after a failed sync the pages count as clean, and a second one would lie.
    this.#options.listener.failed(error);
  }

  async #drain(): Promise<void> {
    for (let work = this.#work.shift(); work !== undefined; work = this.#work.shift()) {
      if (this.#hasFailed) return;
      if (work.type === 'write') await this.#write(work.entries);
      else await this.#remove(work);
      this.#report();
    }
  }

  /** A completion counts for the log as it is now, not for entries removed meanwhile. */
  #report(): void {
    if (this.#hasFailed) return;
    const index = Math.min(this.#durableIndex, this.#tail.lastIndex) as LogIndex;
    const isSettled = this.#work.every(({ type }) => type === 'write');
    if (isSettled && index > 0) this.#options.listener.persisted(this.#generation, index);
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    let from = 0;
    while (from < entries.length && !this.#isClosed) {
      const through = groupEnd(entries, from);
      const isWritten = await this.#tryGroup(entries.slice(from, through));
      if (!isWritten) continue;
      from = through;
      if (from < entries.length) this.#report();
    }
  }

  /** False when there was no room for it: nothing of it counts, and it is tried again later. */
  async #tryGroup(entries: readonly Entry[]): Promise<boolean> {
    try {
      const segment = await this.#segmentFor(entries[0]?.index ?? 0);
      await this.#writeGroup(segment, entries);
      return true;
    } catch (error) {
      // Others go on without this server; but what they send must not fill its memory instead.
      if (!isOutOfRoom(error) || this.#tail.sizeBytes > waitingMaxBytes) throw error;
      await new Promise(resolve => setTimeout(resolve, roomRetryMs));
      return false;
    }
  }

  async #writeGroup(segment: Segment, entries: readonly Entry[]): Promise<void> {
    const sizeBytes = entries.reduce((sum, { payload }) => sum + paddedBytes(payload.length), 0);
    const buffer = Buffer.alloc(sizeBytes);
    let offset = 0;
    let previousCrc = segment.lastCrc;
    for (const entry of entries) {
      const chain = { previousCrc, durableBefore: this.#durableIndex };
      previousCrc = encodeEntry(buffer, offset, entry, chain);
      noteCheckpoint(segment, entry.index, segment.endOffset + offset);
      offset += paddedBytes(entry.payload.length);
    }
    await fillAhead(segment, sizeBytes);
    await segment.file.write(buffer, segment.endOffset);
    await segment.file.datasync().catch((error: Error) => {
      throw new FailedSync(error);
    });
    this.#syncCount += 1;
    segment.endOffset += sizeBytes;
    segment.lastCrc = previousCrc;
    segment.lastIndex = entries.at(-1)?.index ?? segment.lastIndex;
    segment.filledBytes = Math.max(segment.filledBytes, segment.endOffset);
    this.#durableIndex = segment.lastIndex;
    this.#tail.release(this.#durableIndex);
  }

  /** The open segment, or a new one when it is full; the old one is durable by then. */
  async #segmentFor(index: number): Promise<Segment> {
    const current = this.#segments.at(-1);
    if (current !== undefined && current.endOffset < this.#options.segmentMaxBytes) return current;
    const { fileSystem, directory, directoryId, segmentMaxBytes } = this.#options;
    const segment = await createSegment(fileSystem, directory, {
      firstIndex: index,
      directoryId,
      fillBytes: Math.min(fillBytes, segmentMaxBytes),
    });
    try {
      this.#floor.rolled([...this.#segments, segment]);
    } catch (error) {
      await segment.file.close();
      fileSystem.remove(segment.path);
      throw error;
    }
    this.#segments.push(segment);
    return segment;
  }

  async #remove(work: Exclude<Work, { type: 'write' }>): Promise<void> {
    this.#cutCount += 1;
    if (work.type === 'cut') await this.#cut(work.fromIndex);
    else await this.#clear(work.baseIndex);
    this.#cutCount += 1;
  }

  /** Removes entries from the end of the files, newest file first: a crash leaves a shorter log. */
  async #cut(fromIndex: number): Promise<void> {
    this.#floor.beforeCut(fromIndex, this.#segments);
    // At once: a compaction meanwhile raises the floor as far as this says.
    this.#durableIndex = Math.min(this.#durableIndex, fromIndex - 1);
    await this.#removeFilesFrom(fromIndex);
    const segment = this.#segments.at(-1);
    if (segment !== undefined && segment.lastIndex >= fromIndex) {
      const cut = await findCut(segment, fromIndex);
      if (cut === undefined) throw new Error(`entry ${fromIndex} is not in ${segment.path}`);
      segment.lastCrc = cut.previousCrc;
      segment.lastIndex = fromIndex - 1;
      await cutAt(segment, cut.offset);
    }
    this.#syncCount += 1;
  }

  /** Removes all files: the log goes on behind a snapshot that holds everything up to its base. */
  async #clear(baseIndex: number): Promise<void> {
    this.#floor.beforeClear(baseIndex);
    this.#durableIndex = baseIndex;
    await this.#removeFilesFrom(0);
  }

  async #removeFilesFrom(fromIndex: number): Promise<void> {
    const { fileSystem, directory } = this.#options;
    for (let last = this.#segments.at(-1); last !== undefined; last = this.#segments.at(-1)) {
      if (last.firstIndex < fromIndex) break;
      this.#segments.pop();
      await this.#reading;
      await last.file.close();
      await fileSystem.inBackground.remove(last.path);
      await fileSystem.inBackground.syncDirectory(directory);
    }
  }

  #scheduleMark(): void {
    this.#markTimer = setTimeout(() => {
      if (this.#running !== undefined || this.#isClosed || this.#hasFailed) return;
      this.#running = this.#writeMark()
        .catch((error: Error) => this.#fail(error))
        .finally(() => {
          this.#running = undefined;
          if (this.#work.length > 0) this.#start();
        });
    }, markDelayMs);
    this.#markTimer.unref();
  }

  async #writeMark(): Promise<void> {
    const segment = this.#segments.at(-1);
    if (segment === undefined || segment.lastIndex < segment.firstIndex) return;
    await writeMark(segment, this.#durableIndex);
  }
}
