import { crc32 } from 'node:zlib';
import type { Entry } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import type { LogFile } from './file-system.ts';
import { decodeRecord, type LogRecord } from './record.ts';
import {
  encodeSegmentHeader,
  noteCheckpoint,
  ownerOf,
  type Segment,
  segmentFormatVersion,
  segmentHeaderBytes,
} from './segment.ts';

/** What was found in a segment file: the sound entries it begins with, and how they end. */
export type Scan = {
  readonly segment: Segment;
  readonly ending:
    | { readonly type: 'sound' }
    /** In something that is neither a record nor zeros: a write torn by a crash. */
    | { readonly type: 'torn' }
    /** Its creation was interrupted: the header never became durable, so nothing followed it. */
    | { readonly type: 'unbegun' }
    /** In something that was durable once: to cut it off would forget what was acknowledged. */
    | { readonly type: 'damaged'; readonly why: string };
};

type ScanOptions = {
  readonly firstIndex: number;
  readonly directoryId: string;
  /**
   * Where the next file begins. Only the last file can lack an entry that a crash has torn: the
   * next one is begun when all entries of this one are durable.
   */
  readonly nextFirstIndex: number | undefined;
  /** Something in it may have been acknowledged; undefined: the directory is too old to tell. */
  readonly isKnown: boolean | undefined;
};

/** Reads a whole segment and hands out its entries in order. */
export async function scanSegment(
  file: LogFile,
  path: string,
  options: ScanOptions,
  onEntry: (entry: Entry) => void,
): Promise<Scan> {
  const content = Buffer.alloc(await file.sizeBytes());
  await file.read(content, 0);
  const segment = newSegment(file, path, options.firstIndex, content.length);
  if (!hasSoundHeader(content, path, options)) {
    const isUnbegun =
      options.nextFirstIndex === undefined && !(options.isKnown ?? hasHeader(content));
    const why = 'its beginning is damaged';
    return { segment, ending: isUnbegun ? { type: 'unbegun' } : { type: 'damaged', why } };
  }
  for (
    let record = nextRecord(content, segment);
    record !== undefined;
    record = nextRecord(content, segment)
  ) {
    if (record.type === 'entry') {
      noteCheckpoint(segment, record.entry.index, record.offset);
      segment.lastIndex = record.entry.index;
      onEntry(record.entry);
    }
    segment.endOffset = record.offset + record.sizeBytes;
    segment.lastCrc = record.crc;
  }
  const written = withoutZeros(content);
  if (written.length <= segment.endOffset) return { segment, ending: { type: 'sound' } };
  // It holds all entries that it ever had: what follows is a mark that was never synced.
  const isWhole = options.nextFirstIndex === segment.lastIndex + 1;
  if (isWhole) return { segment, ending: { type: 'sound' } };
  const isLast = options.nextFirstIndex === undefined;
  if (isLast && !wasDurable(written, segment)) return { segment, ending: { type: 'torn' } };
  const why = `it is corrupt at byte ${segment.endOffset}, in entry ${segment.lastIndex + 1}`;
  return { segment, ending: { type: 'damaged', why } };
}

const newSegment = (
  file: LogFile,
  path: string,
  firstIndex: number,
  filledBytes: number,
): Segment => ({
  path,
  file,
  firstIndex,
  lastIndex: firstIndex - 1,
  endOffset: segmentHeaderBytes,
  filledBytes,
  lastCrc: 0,
  checkpoints: [],
});

/** False when it is damaged. A file of somebody else is refused: it is not ours to repair. */
function hasSoundHeader(
  content: Buffer,
  path: string,
  { firstIndex, directoryId }: ScanOptions,
): boolean {
  const header = content.subarray(0, segmentHeaderBytes);
  if (header.equals(encodeSegmentHeader(firstIndex, directoryId))) return true;
  const isWhole = header.length === segmentHeaderBytes;
  if (!isWhole || header.readUInt32LE(92) !== crc32(header.subarray(0, 92))) return false;
  const found = header.readUInt32LE(8);
  if (found !== segmentFormatVersion) {
    throw new StartupError(
      `the log file ${path} has format version ${found}, ` +
        `this program reads version ${segmentFormatVersion}; ` +
        'start the program that wrote it',
    );
  }
  // One of ours under the name of another one is no better than a damaged one.
  if (ownerOf(header) === directoryId) return false;
  throw new StartupError(
    `the log file ${path} belongs to another data directory; put its own file back`,
  );
}

const hasHeader = (content: Buffer): boolean =>
  content.length >= segmentHeaderBytes &&
  content.subarray(0, segmentHeaderBytes).some(byte => byte !== 0);

/** The next record, if it is sound and continues the log. */
function nextRecord(content: Buffer, segment: Segment): LogRecord | undefined {
  const record = decodeRecord(content, segment.endOffset);
  if (record === undefined || record.previousCrc !== segment.lastCrc) return undefined;
  const isNext = record.type === 'mark' || record.entry.index === segment.lastIndex + 1;
  return isNext ? record : undefined;
}

/** Without the zeros at its end, of which there may be much more than of records. */
function withoutZeros(content: Buffer): Buffer {
  let end = content.length;
  while (end > 0 && isZero(content.subarray(Math.max(0, end - zeros.length), end))) {
    end = Math.max(0, end - zeros.length);
  }
  while (end > 0 && content[end - 1] === 0) end -= 1;
  return content.subarray(0, end);
}

const zeros = Buffer.alloc(4096);
const isZero = (bytes: Buffer): boolean => bytes.equals(zeros.subarray(0, bytes.length));

/** Does a later record say that the entry at which the file ends was durable once? */
function wasDurable(content: Buffer, segment: Segment): boolean {
  const damagedIndex = segment.lastIndex + 1;
  for (let offset = segment.endOffset + 8; offset < content.length; offset += 8) {
    const record = decodeRecord(content, offset);
    if (record !== undefined && record.durableBefore >= damagedIndex) return true;
  }
  return false;
}
