import { mebibyte } from '../words.ts';
import type { Piece__Output as WirePiece } from './generated/gossipraft/Piece.ts';
import { count, MalformedMessage } from './wire-checks.ts';

/*
 * What is too large for one message comes in pieces: a message is encoded, sent and read in one go,
 * and what is urgent waits for it meanwhile.
 */

/** Bytes of one message, besides its envelope. */
export const pieceMaxBytes = 256 * 1024;
/** Of all parts but the last: many tiny ones would cost far more than their bytes. */
const pieceMinBytes = 16 * 1024;
/** No entry is larger: what the gateway takes is half of it at most. */
export const wholeMaxBytes = 32 * mebibyte;

export type Piece = { readonly offset: number; readonly totalBytes: number };
export type Part = { readonly bytes: Uint8Array; readonly piece: Piece };

/** The parts of something large, in order. */
export function* partsOf(whole: Uint8Array): Generator<Part> {
  const totalBytes = whole.length;
  for (let offset = 0; offset < totalBytes; offset += pieceMaxBytes) {
    const bytes = whole.subarray(offset, offset + pieceMaxBytes);
    yield { bytes, piece: { offset, totalBytes } };
  }
}

/** What all who send us parts may keep in our memory together. */
export type Room = { usedBytes: number; readonly maxBytes: number };

/** Nothing is wrong with the part: it may come again when others are done. */
export class NoRoomForParts extends MalformedMessage {}

/**
 * Puts parts together again. Takes memory only for what has come, never for what was announced; a
 * part that does not continue the ones before is refused, unless it is the first of another whole.
 */
export class Assembly {
  readonly #room: Room;
  #name = '';
  #totalBytes = 0;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(room: Room) {
    this.#room = room;
  }

  /** The whole with the name, once its last part is there. Throws a MalformedMessage. */
  take(name: string, bytes: Uint8Array, wire: WirePiece): Uint8Array | undefined {
    const offset = count(wire.offset, 'piece.offset');
    const totalBytes = count(wire.totalBytes, 'piece.totalBytes');
    if (offset === 0) this.drop();
    else if (name !== this.#name || totalBytes !== this.#totalBytes || offset !== this.#bytes) {
      throw new MalformedMessage(`a part at byte ${offset} does not follow what came before`);
    }
    this.#check(bytes, offset, totalBytes);
    this.#name = name;
    this.#totalBytes = totalBytes;
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    this.#room.usedBytes += bytes.length;
    if (this.#bytes < totalBytes) return undefined;
    const whole = joined(this.#parts, totalBytes);
    this.drop();
    return whole;
  }

  /** Forgets the parts: the rest will not come. */
  drop(): void {
    this.#room.usedBytes -= this.#bytes;
    this.#parts = [];
    this.#bytes = 0;
    this.#totalBytes = 0;
  }

  #check({ length }: Uint8Array, offset: number, totalBytes: number): void {
    if (totalBytes > wholeMaxBytes) {
      throw new MalformedMessage(`${totalBytes} bytes in parts are more than ${wholeMaxBytes}`);
    }
    const leastBytes = Math.max(1, Math.min(pieceMinBytes, totalBytes - offset));
    if (length < leastBytes || length > pieceMaxBytes || offset + length > totalBytes) {
      throw new MalformedMessage(`a part of ${length} bytes at ${offset} of ${totalBytes}`);
    }
    if (this.#room.usedBytes + length > this.#room.maxBytes) {
      // It comes again from its beginning; others may have the room until then.
      this.drop();
      throw new NoRoomForParts('too much that came in parts is not complete yet');
    }
  }
}

function joined(parts: readonly Uint8Array[], totalBytes: number): Uint8Array {
  const whole = Buffer.allocUnsafeSlow(totalBytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
