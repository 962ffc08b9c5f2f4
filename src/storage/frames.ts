import { crc32 } from 'node:zlib';
import { mebibyte } from '../words.ts';
import type { LogFile } from './file-system.ts';

/*
 * A file of frames: eight bytes of magic, then a length, a checksum and a payload each. Every
 * checksum is chained to the one before, so a file whose parts were exchanged is noticed, too.
 */
const frameHeaderBytes = 8;
const readBytes = mebibyte;

/** A file that is damaged, or is not one of our files; the message says where. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile';
}

export class FrameWriter {
  frameCount = 0;
  sizeBytes = 0;
  waitingBytes = 0;
  readonly #file: LogFile;
  #waiting: Uint8Array[];
  #crc = 0;

  constructor(file: LogFile, magic: Uint8Array) {
    this.#file = file;
    this.#waiting = [magic];
  }

  add(...parts: readonly Uint8Array[]): void {
    let sizeBytes = 0;
    for (const part of parts) {
      this.#crc = crc32(part, this.#crc);
      sizeBytes += part.length;
    }
    const header = Buffer.alloc(frameHeaderBytes);
    header.writeUInt32LE(sizeBytes, 0);
    header.writeUInt32LE(this.#crc, 4);
    this.#waiting.push(header, ...parts);
    this.waitingBytes += header.length + sizeBytes;
    this.frameCount += 1;
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.waitingBytes = 0;
    await this.#file.write(bytes, this.sizeBytes);
    this.sizeBytes += bytes.length;
  }
}

export class FrameReader {
  frameCount = 0;
  readonly #file: LogFile;
  readonly #path: string;
  #buffer = Buffer.alloc(0);
  #offset = 0;
  #crc = 0;
  #fileBytes: number | undefined;

  constructor(file: LogFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  async begin(magic: Uint8Array, what: string): Promise<void> {
    const start = await this.#take(magic.length);
    if (start?.equals(magic) !== true) throw new DamagedFile(`${this.#path} is no ${what}`);
  }

  /** The payload of the next frame; undefined at the end of the file. */
  async next(): Promise<Buffer | undefined> {
    const header = await this.#take(frameHeaderBytes);
    if (header === undefined) return undefined;
    const sizeBytes = header.readUInt32LE(0);
    // A damaged length must not cost memory.
    this.#fileBytes ??= await this.#file.sizeBytes();
    const isWithin = sizeBytes <= this.#fileBytes;
    const payload = isWithin ? await this.#take(sizeBytes) : undefined;
    if (payload === undefined) throw new DamagedFile(`${this.#path} is cut off`);
    this.#crc = crc32(payload, this.#crc);
    if (this.#crc !== header.readUInt32LE(4)) {
      throw new DamagedFile(`${this.#path} is damaged in frame ${this.frameCount}`);
    }
    this.frameCount += 1;
    return payload;
  }

  /** Nothing follows, not even a part of a frame. */
  async isAtEnd(): Promise<boolean> {
    return (await this.#take(1)) === undefined;
  }

  /** The next `sizeBytes` bytes; undefined when the file ends first. */
  async #take(sizeBytes: number): Promise<Buffer | undefined> {
    while (this.#buffer.length < sizeBytes) {
      const more = Buffer.alloc(Math.max(readBytes, sizeBytes));
      const count = await this.#file.read(more, this.#offset);
      if (count === 0) return undefined;
      this.#offset += count;
      this.#buffer = Buffer.concat([this.#buffer, more.subarray(0, count)]);
    }
    const taken = this.#buffer.subarray(0, sizeBytes);
    this.#buffer = this.#buffer.subarray(sizeBytes);
    return taken;
  }
}
