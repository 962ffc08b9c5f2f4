import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Entry } from '../consensus/types.ts';
import { mebibyte } from '../words.ts';
import type { FileSystem, LogFile } from './file-system.ts';
import {
  decodeRecord,
  encodeMark,
  type LogRecord,
  paddedBytes,
  recordBytesAt,
  recordHeaderBytes,
} from './record.ts';

/*
 * A segment file: a header of 96 bytes, records, and zeros that were written in advance (a write
 * into them need not change the file's size, which makes its fdatasync a third cheaper).
 */
export const segmentHeaderBytes = 96;
const segmentMagic = 'GRAFTLOG';
export const segmentFormatVersion = 1;
/** An entry's place is noted once per this many bytes, and found by reading on from there. */
const checkpointBytes = 64 * 1024;
/** One write to the disk; what is appended beyond goes with the next. */
const groupMaxBytes = 8 * mebibyte;
/** Zeros written ahead of the log at a time. */
export const fillBytes = mebibyte;
const readChunkBytes = 256 * 1024;

export type SegmentMark = { readonly index: number; readonly offset: number };

/** One file of the log, with what is known of its content. */
export type Segment = {
  readonly path: string;
  readonly file: LogFile;
  readonly firstIndex: number;
  lastIndex: number;
  /** Where the next record goes. */
  endOffset: number;
  /** Up to here the file is filled with records or zeros. */
  filledBytes: number;
  lastCrc: number;
  readonly checkpoints: SegmentMark[];
};

export const segmentName = (firstIndex: number): string =>
  `log-${String(firstIndex).padStart(16, '0')}.wal`;

/** First index by file name; undefined for a file that is no segment. */
export function firstIndexOf(name: string): number | undefined {
  const digits = /^log-(\d{16})\.wal$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function encodeSegmentHeader(firstIndex: number, directoryId: string): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  header.write(segmentMagic, 0, 'latin1');
  header.writeUInt32LE(segmentFormatVersion, 8);
  header.writeDoubleLE(firstIndex, 16);
  header.write(directoryId.slice(0, 64), 24, 'latin1');
  header.writeUInt32LE(crc32(header.subarray(0, 92)), 92);
  return header;
}

/** Whose file it is, as its header says; nothing is checked. */
export async function directoryIdIn(file: LogFile): Promise<string> {
  const header = Buffer.alloc(segmentHeaderBytes);
  await file.read(header, 0);
  return ownerOf(header);
}

/** The data directory that a header names. */
export const ownerOf = (header: Buffer): string =>
  header.toString('latin1', 24, 88).replaceAll('\0', '');

/** Makes a new segment durable, name included, before anything relies on it. */
export async function createSegment(
  fileSystem: FileSystem,
  directory: string,
  options: { firstIndex: number; directoryId: string; fillBytes: number },
): Promise<Segment> {
  const { firstIndex, directoryId, fillBytes } = options;
  const path = join(directory, segmentName(firstIndex));
  const file = await fileSystem.openLogFile(path);
  const start = Buffer.alloc(segmentHeaderBytes + fillBytes);
  encodeSegmentHeader(firstIndex, directoryId).copy(start);
  try {
    await file.write(start, 0);
    await file.datasync();
  } catch (error) {
    // It never began; the next try makes it anew.
    await file.close();
    fileSystem.remove(path);
    throw error;
  }
  await fileSystem.inBackground.syncDirectory(directory);
  return {
    path,
    file,
    firstIndex,
    lastIndex: firstIndex - 1,
    endOffset: segmentHeaderBytes,
    filledBytes: start.length,
    lastCrc: 0,
    checkpoints: [],
  };
}

export function noteCheckpoint(segment: Segment, index: number, offset: number): void {
  const last = segment.checkpoints.at(-1);
  if (last !== undefined && offset - last.offset < checkpointBytes) return;
  segment.checkpoints.push({ index, offset });
}

/** Entries of the segment from `fromIndex` on, read from the disk, up to what is unsound. */
export async function readSegment(
  segment: Segment,
  range: { fromIndex: number; throughIndex: number; maxBytes: number },
): Promise<Entry[]> {
  const entries: Entry[] = [];
  const reader = new RecordReader(segment);
  let offset = startOf(segment, range.fromIndex);
  let bytes = 0;
  while (offset < segment.endOffset) {
    const record = await reader.at(offset);
    if (record === undefined) break;
    offset += record.sizeBytes;
    if (record.type === 'mark' || record.entry.index < range.fromIndex) continue;
    if (record.entry.index > range.throughIndex) break;
    bytes += record.sizeBytes;
    if (bytes > range.maxBytes && entries.length > 0) break;
    entries.push(record.entry);
  }
  return entries;
}

/** Reads records one after the other, many of them at a time. */
export class RecordReader {
  readonly #segment: Pick<Segment, 'file' | 'endOffset'>;
  #chunk = Buffer.alloc(0);
  #chunkAt = 0;

  constructor(segment: Pick<Segment, 'file' | 'endOffset'>) {
    this.#segment = segment;
  }

  /** The record at an offset; undefined where there is no whole and sound one. */
  async at(offset: number): Promise<LogRecord | undefined> {
    if (this.#missingAt(offset) > 0) await this.#read(offset, readChunkBytes);
    // Only now does the header of a large one say how much there is to read.
    const missing = this.#missingAt(offset);
    if (missing > 0) await this.#read(offset, this.#chunk.length + missing);
    return decodeRecord(this.#chunk, offset - this.#chunkAt);
  }

  /** How many bytes the record reaches beyond the chunk. */
  #missingAt(offset: number): number {
    const place = offset - this.#chunkAt;
    const need = recordBytesAt(this.#chunk, place) ?? recordHeaderBytes;
    return place + need - this.#chunk.length;
  }

  async #read(offset: number, wantedBytes: number): Promise<void> {
    const { endOffset, file } = this.#segment;
    this.#chunk = Buffer.alloc(Math.min(wantedBytes, endOffset - offset));
    this.#chunkAt = offset;
    await file.read(this.#chunk, offset);
  }
}

/** The offset of a record at or before the one with the index. */
export function startOf(segment: Segment, index: number): number {
  let low = 0;
  let high = segment.checkpoints.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segment.checkpoints[middle]?.index ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  return segment.checkpoints[low - 1]?.offset ?? segmentHeaderBytes;
}

/** The exact place of an entry, and the crc of the record before it, to cut the file there. */
export async function findCut(
  segment: Segment,
  fromIndex: number,
): Promise<{ offset: number; previousCrc: number } | undefined> {
  let offset = startOf(segment, fromIndex);
  while (offset < segment.endOffset) {
    const header = Buffer.alloc(48);
    await segment.file.read(header, offset);
    const need = recordBytesAt(header, 0);
    if (need === undefined) return undefined;
    const whole = Buffer.alloc(Math.min(need, segment.endOffset - offset));
    await segment.file.read(whole, offset);
    const record = decodeRecord(whole, 0);
    if (record === undefined) return undefined;
    if (record.type === 'entry' && record.entry.index === fromIndex) {
      return { offset, previousCrc: record.previousCrc };
    }
    offset += record.sizeBytes;
  }
  return undefined;
}

/** Keeps zeros ahead of the log, so that most writes do not change the size of the file. */
export async function fillAhead(segment: Segment, sizeBytes: number): Promise<void> {
  const neededBytes = segment.endOffset + sizeBytes;
  if (neededBytes <= segment.filledBytes) return;
  await segment.file.write(Buffer.alloc(fillBytes), neededBytes);
  segment.filledBytes = neededBytes + fillBytes;
}

/** Notes how far the log is durable. */
export async function writeMark(segment: Segment, durableBefore: number): Promise<void> {
  const buffer = Buffer.alloc(recordHeaderBytes);
  const crc = encodeMark(buffer, 0, { previousCrc: segment.lastCrc, durableBefore });
  await segment.file.write(buffer, segment.endOffset);
  segment.endOffset += buffer.length;
  segment.filledBytes = Math.max(segment.filledBytes, segment.endOffset);
  segment.lastCrc = crc;
}

export async function cutAt(segment: Segment, offset: number): Promise<void> {
  await segment.file.truncate(offset);
  await segment.file.datasync();
  segment.endOffset = offset;
  segment.filledBytes = offset;
  const kept = segment.checkpoints.filter(checkpoint => checkpoint.offset < offset);
  segment.checkpoints.splice(0, segment.checkpoints.length, ...kept);
}

/** How many of the entries fit into one write. */
export function groupEnd(entries: readonly Entry[], from: number): number {
  let end = from;
  let bytes = 0;
  for (let entry = entries[end]; entry !== undefined; entry = entries[end]) {
    bytes += paddedBytes(entry.payload.length);
    if (bytes > groupMaxBytes && end > from) break;
    end += 1;
  }
  return end;
}
