import { crc32 } from 'node:zlib';
import { keysIn } from '../machines/frame/state-records.ts';
import { mebibyte } from '../words.ts';
import { type ArchivedBatch, batchOf, headerOf } from './archive-file.ts';

/*
 * What a backup consists of, on its way and in its file: records of the state and batches of posted
 * objects, in pieces that fit into any message. Whoever sends them and whoever takes them count
 * alike and compare: a backup is whole, or it is none.
 */

export type BackupPart =
  | {
      readonly type: 'record';
      readonly bytes: Uint8Array;
      /** How many keys of the store are in it. */
      readonly keys: number;
    }
  | { readonly type: 'batch'; readonly batch: ArchivedBatch };

/** A part of an item's bytes. */
export type BackupPiece = {
  readonly kind: BackupPart['type'];
  /** Counts the items of a stream or file from 0. */
  readonly item: number;
  readonly offset: number;
  /** Of the whole item. */
  readonly sizeBytes: number;
  readonly data: Uint8Array;
};

export const itemPieceMaxBytes = 256 * 1024;
/** More than any text of the program's own can have: what claims more is damaged. */
const itemMaxBytes = 1024 * mebibyte;

/** Parts that do not follow each other, or are not as many as was said. */
export class BrokenBackup extends Error {
  override readonly name = 'BrokenBackup';
}

export const bytesOfPart = (part: BackupPart): Buffer =>
  part.type === 'record'
    ? Buffer.from(part.bytes.buffer, part.bytes.byteOffset, part.bytes.length)
    : Buffer.concat([headerOf(part.batch), part.batch.data]);

export const partOf = (kind: BackupPart['type'], bytes: Buffer): BackupPart =>
  kind === 'record'
    ? { type: 'record', bytes, keys: keysIn(bytes) }
    : { type: 'batch', batch: batchOf(bytes) };

export function* piecesOf(part: BackupPart, item: number): Generator<BackupPiece> {
  const bytes = bytesOfPart(part);
  const sizeBytes = bytes.length;
  let offset = 0;
  do {
    const data = bytes.subarray(offset, offset + itemPieceMaxBytes);
    yield { kind: part.type, item, offset, sizeBytes, data };
    offset += data.length;
  } while (offset < sizeBytes);
}

/** Puts pieces together. Throws a BrokenBackup when one does not follow the one before. */
export class PieceJoiner {
  #itemCount = 0;
  #kind: BackupPart['type'] | undefined;
  #sizeBytes = 0;
  #found: Uint8Array[] = [];
  #foundBytes = 0;

  /** The part that is whole with this piece. */
  add({ kind, item, offset, sizeBytes, data }: BackupPiece): BackupPart | undefined {
    if (offset === 0) this.#sizeBytes = sizeBytes;
    const isNext =
      item === this.#itemCount &&
      offset === this.#foundBytes &&
      sizeBytes === this.#sizeBytes &&
      sizeBytes <= itemMaxBytes &&
      (offset === 0 || kind === this.#kind) &&
      offset + data.length <= sizeBytes &&
      (data.length > 0 || sizeBytes === 0);
    if (!isNext) {
      const wanted = `byte ${this.#foundBytes} of item ${this.#itemCount}`;
      throw new BrokenBackup(`byte ${offset} of item ${item} comes in the place of ${wanted}`);
    }
    this.#kind = kind;
    this.#found.push(data);
    this.#foundBytes += data.length;
    if (this.#foundBytes < sizeBytes) return undefined;
    const bytes = Buffer.concat(this.#found);
    this.#itemCount += 1;
    this.#found = [];
    this.#foundBytes = 0;
    return partOf(kind, bytes);
  }

  /** Between two items: nothing of one is missing. */
  get isIdle(): boolean {
    return this.#foundBytes === 0;
  }
}

export type BackupTotals = {
  readonly records: number;
  readonly keys: number;
  readonly batches: number;
  readonly objects: number;
  readonly bytes: number;
  /** Of the objects; 0 when there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Of the bytes of all items, one after the other. */
  readonly checksum: number;
};

/** Counts parts. Throws a BrokenBackup for a batch that does not follow the one before. */
export class BackupCount {
  #totals: BackupTotals = {
    records: 0,
    keys: 0,
    batches: 0,
    objects: 0,
    bytes: 0,
    firstSeq: 0,
    lastSeq: 0,
    checksum: 0,
  };

  get totals(): BackupTotals {
    return this.#totals;
  }

  add(part: BackupPart): void {
    const bytes = bytesOfPart(part);
    const { records, keys, bytes: before, checksum } = this.#totals;
    this.#totals = {
      ...this.#totals,
      bytes: before + bytes.length,
      checksum: crc32(bytes, checksum),
    };
    if (part.type === 'batch') this.#addBatch(part.batch);
    else {
      this.#totals = { ...this.#totals, records: records + 1, keys: keys + part.keys };
    }
  }

  #addBatch({ firstSeq, count }: ArchivedBatch): void {
    const { batches, objects, firstSeq: first, lastSeq } = this.#totals;
    if (batches > 0 && firstSeq !== lastSeq + 1) {
      throw new BrokenBackup(`object ${firstSeq} comes in the place of ${lastSeq + 1}`);
    }
    this.#totals = {
      ...this.#totals,
      batches: batches + 1,
      objects: objects + count,
      firstSeq: batches === 0 ? firstSeq : first,
      lastSeq: firstSeq + count - 1,
    };
  }
}

/** Throws a BrokenBackup that names the first number that differs. */
export function demandSame(found: BackupTotals, said: BackupTotals): void {
  for (const name of Object.keys(found) as (keyof BackupTotals)[]) {
    if (found[name] === said[name]) continue;
    throw new BrokenBackup(`it was to have ${name} ${said[name]}, and has ${found[name]}`);
  }
}

/** Throws a BrokenBackup when keys or objects are missing that the beginning has announced. */
export function demandWhole(
  { keys, batches, firstSeq, lastSeq }: BackupTotals,
  announced: { readonly keys: number; readonly firstSeq: number; readonly lastSeq: number },
): void {
  if (keys !== announced.keys) {
    throw new BrokenBackup(`it was to have ${announced.keys} keys, and has ${keys}`);
  }
  if (announced.lastSeq < announced.firstSeq && batches === 0) return;
  if (batches > 0 && firstSeq === announced.firstSeq && lastSeq === announced.lastSeq) return;
  const found = batches === 0 ? 'none' : `${firstSeq} to ${lastSeq}`;
  const wanted = `${announced.firstSeq} to ${announced.lastSeq}`;
  throw new BrokenBackup(`it was to have the objects ${wanted}, and has ${found}`);
}
