const initialBytes = 256;
/** More than a writer that is used again may hold on to. */
const reusedMaxBytes = 1024 * 1024;
/** To write a text of so many characters here takes less time than to call what V8 has for it. */
const shortMaxLength = 24;

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

  /** A copy of what was written, of its own size; the writer begins anew. */
  take(): Buffer {
    const copy = Buffer.allocUnsafe(this.#length);
    copy.set(this.finish());
    this.#length = 0;
    if (this.#bytes.length > reusedMaxBytes) this.#bytes = Buffer.allocUnsafe(initialBytes);
    return copy;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** A whole number from 0 on, in 7 bits per byte, the lowest first. */
  count(value: number): void {
    // What lies beyond, or between, no double holds, or no reader would read.
    if (!(value >= 0 && Number.isSafeInteger(value)))
      throw new RangeError(`${value} cannot be written`);
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
    const { length } = text;
    this.#reserve(length);
    if (length > shortMaxLength) this.#bytes.write(text, this.#length, 'latin1');
    else {
      for (let place = 0; place < length; place += 1) {
        this.#bytes[this.#length + place] = text.charCodeAt(place);
      }
    }
    this.#length += length;
  }

  /** A text in UTF-8, behind its length in bytes, which is at most `maxBytes`. */
  utf8(text: string, maxBytes = Number.MAX_SAFE_INTEGER): void {
    const isPlain = text.length <= shortMaxLength && isAscii(text);
    const sizeBytes = isPlain ? text.length : Buffer.byteLength(text);
    if (sizeBytes > maxBytes)
      throw new RangeError(`a text of ${sizeBytes} bytes cannot be written`);
    this.count(sizeBytes);
    if (isPlain) {
      this.latin1(text);
      return;
    }
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

function isAscii(text: string): boolean {
  for (let place = 0; place < text.length; place += 1) {
    if (text.charCodeAt(place) >= 0x80) return false;
  }
  return true;
}
