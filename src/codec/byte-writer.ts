/** Numbers up to here are exact as doubles, and are written. */
const countMax = Number.MAX_SAFE_INTEGER;
const initialBytes = 256;

/** Bytes that grow at their end. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(sizeBytes = initialBytes) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written; the writer is not used any more. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** A whole number from 0 on, in 7 bits per byte, the lowest first. */
  count(value: number): void {
    if (!(value >= 0 && value <= countMax)) throw new RangeError(`${value} cannot be written`);
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length] = (rest % 0x80) + 0x80;
      this.#length += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  float(value: number): void {
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#length);
    this.#length += 8;
  }

  /** Bytes as they are; their length is the reader's affair. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A text of characters below 256, one byte each, without its length. */
  latin1(text: string): void {
    this.#reserve(text.length);
    this.#bytes.write(text, this.#length, 'latin1');
    this.#length += text.length;
  }

  /** A text in UTF-8, behind its length in bytes. */
  utf8(text: string): void {
    const sizeBytes = Buffer.byteLength(text);
    this.count(sizeBytes);
    this.#reserve(sizeBytes);
    this.#bytes.write(text, this.#length, 'utf8');
    this.#length += sizeBytes;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
