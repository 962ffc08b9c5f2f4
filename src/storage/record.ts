import { crc32 } from 'node:zlib';
import type { Entry, LogIndex, Term, WallMs } from '../consensus/types.ts';
import { mebibyte } from '../words.ts';

/*
 * A record of the log, little-endian, padded to 8 bytes:
 *
 *   0  u32  magic (what kind of record this is)
 *   4  u32  payload length
 *   8  u32  crc32 of everything from byte 12 to the end of the payload
 *  12  u32  crc of the record before: records cannot be missing, doubled or swapped unnoticed
 *  16  f64  index        24  f64  term        32  f64  wallMs
 *  40  f64  durableBefore: the entry up to which the log was known to be on the disk when this
 *           record was written. A damaged entry at or below such a mark was acknowledged, so it is
 *           corruption; above all marks it is a write that the crash has torn.
 *  48       payload
 *
 * Numbers are doubles because they are exact up to 2^53, as everywhere in the program.
 */
export const recordHeaderBytes = 48;
const noopMagic = 0x47520001;
const commandMagic = 0x47520002;
const markMagic = 0x47520003;

/** Larger ones are not written, so that a damaged length is no reason to allocate. */
export const payloadMaxBytes = 64 * mebibyte;

export const paddedBytes = (payloadBytes: number): number =>
  (recordHeaderBytes + payloadBytes + 7) & ~7;

export type RecordHeader = {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly crc: number;
  readonly previousCrc: number;
  readonly durableBefore: number;
};
export type LogRecord =
  | (RecordHeader & { readonly type: 'entry'; readonly entry: Entry })
  /** Says only how far the disk had come: written when the log falls silent. */
  | (RecordHeader & { readonly type: 'mark' });

type Fields = Omit<Entry, 'kind' | 'index' | 'term' | 'wallMs'> & {
  readonly magic: number;
  readonly index: number;
  readonly term: number;
  readonly wallMs: number;
};

function encode(
  target: Buffer,
  offset: number,
  fields: Fields,
  chain: { previousCrc: number; durableBefore: number },
): number {
  const { payload } = fields;
  target.writeUInt32LE(fields.magic, offset);
  target.writeUInt32LE(payload.length, offset + 4);
  target.writeUInt32LE(chain.previousCrc, offset + 12);
  target.writeDoubleLE(fields.index, offset + 16);
  target.writeDoubleLE(fields.term, offset + 24);
  target.writeDoubleLE(fields.wallMs, offset + 32);
  target.writeDoubleLE(chain.durableBefore, offset + 40);
  target.set(payload, offset + recordHeaderBytes);
  const end = offset + recordHeaderBytes + payload.length;
  const crc = crc32(target.subarray(offset + 12, end));
  target.writeUInt32LE(crc, offset + 8);
  return crc;
}

/** Writes the entry's record into `target`, and returns its crc for the next one. */
export function encodeEntry(
  target: Buffer,
  offset: number,
  entry: Entry,
  chain: { previousCrc: number; durableBefore: number },
): number {
  const magic = entry.kind === 'noop' ? noopMagic : commandMagic;
  return encode(target, offset, { ...entry, magic }, chain);
}

const nothing = new Uint8Array(0);

export function encodeMark(
  target: Buffer,
  offset: number,
  chain: { previousCrc: number; durableBefore: number },
): number {
  const fields = { magic: markMagic, payload: nothing, index: 0, term: 0, wallMs: 0 };
  return encode(target, offset, fields, chain);
}

/** The record at `offset`, or undefined when there is no whole and sound one. */
export function decodeRecord(source: Buffer, offset: number): LogRecord | undefined {
  if (offset + recordHeaderBytes > source.length) return undefined;
  const magic = source.readUInt32LE(offset);
  if (magic !== noopMagic && magic !== commandMagic && magic !== markMagic) return undefined;
  const payloadBytes = source.readUInt32LE(offset + 4);
  const end = offset + recordHeaderBytes + payloadBytes;
  if (payloadBytes > payloadMaxBytes || end > source.length) return undefined;
  const crc = source.readUInt32LE(offset + 8);
  if (crc32(source.subarray(offset + 12, end)) !== crc) return undefined;

  const header: RecordHeader = {
    offset,
    sizeBytes: paddedBytes(payloadBytes),
    crc,
    previousCrc: source.readUInt32LE(offset + 12),
    durableBefore: source.readDoubleLE(offset + 40),
  };
  if (magic === markMagic) return { ...header, type: 'mark' };
  const entry: Entry = {
    index: source.readDoubleLE(offset + 16) as LogIndex,
    term: source.readDoubleLE(offset + 24) as Term,
    wallMs: source.readDoubleLE(offset + 32) as WallMs,
    kind: magic === noopMagic ? 'noop' : 'command',
    payload: source.subarray(offset + recordHeaderBytes, end),
  };
  return { ...header, type: 'entry', entry };
}

/** How many bytes the record at `offset` would need, read from its header alone. */
export function recordBytesAt(source: Buffer, offset: number): number | undefined {
  if (offset + recordHeaderBytes > source.length) return undefined;
  const payloadBytes = source.readUInt32LE(offset + 4);
  return payloadBytes > payloadMaxBytes ? undefined : paddedBytes(payloadBytes);
}
