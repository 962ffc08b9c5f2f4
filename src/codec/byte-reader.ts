/** Bytes that no writer of ours has written; the message says where. */
export class MalformedBytes extends Error {
  override readonly name: string = 'MalformedBytes';
}

/** Texts up to here are mostly plain, and then cost a decoder's call more than they are worth. */
const shortMaxBytes = 64;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads what a ByteWriter has written. Throws MalformedBytes for everything else. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#offset;
  }

  byte(): number {
    this.#demand(1);
    const value = this.#bytes[this.#offset] ?? 0;
    this.#offset += 1;
    return value;
  }

  count(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        // A zero in front would be a second way to write the same number.
        if (byte === 0 && factor > 1) throw this.#malformed('a number with a zero too many');
        break;
      }
      factor *= 0x80;
      if (factor > 2 ** 49) throw this.#malformed('a number of too many bytes');
    }
    if (!Number.isSafeInteger(value)) throw this.#malformed('a number beyond 2^53');
    return value;
  }

  float(): number {
    this.#demand(8);
    const value = this.#bytes.readDoubleLE(this.#offset);
    this.#offset += 8;
    return value;
  }

  /** A view of the next bytes, not a copy. */
  raw(sizeBytes: number): Buffer {
    this.#demand(sizeBytes);
    this.#offset += sizeBytes;
    return this.#bytes.subarray(this.#offset - sizeBytes, this.#offset);
  }

  latin1(sizeBytes: number): string {
    this.#demand(sizeBytes);
    this.#offset += sizeBytes;
    return this.#bytes.toString('latin1', this.#offset - sizeBytes, this.#offset);
  }

  utf8(maxBytes: number): string {
    const sizeBytes = this.count();
    if (sizeBytes > maxBytes) throw this.#malformed(`a text of ${sizeBytes} bytes`);
    this.#demand(sizeBytes);
    if (sizeBytes <= shortMaxBytes && this.#isAscii(sizeBytes)) return this.latin1(sizeBytes);
    try {
      return decoder.decode(this.raw(sizeBytes));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw this.#malformed('a text that is not UTF-8');
    }
  }

  /** Nothing may follow what was read. */
  end(): void {
    if (!this.isAtEnd) throw this.#malformed(`${this.remainingBytes} bytes too many`);
  }

  #isAscii(sizeBytes: number): boolean {
    for (let place = this.#offset; place < this.#offset + sizeBytes; place += 1) {
      if ((this.#bytes[place] ?? 0) >= 0x80) return false;
    }
    return true;
  }

  #demand(sizeBytes: number): void {
    if (sizeBytes > this.remainingBytes) throw this.#malformed('an end too early');
  }

  #malformed(what: string): MalformedBytes {
    return new MalformedBytes(`${what} at byte ${this.#offset} of ${this.#bytes.length}`);
  }
}
