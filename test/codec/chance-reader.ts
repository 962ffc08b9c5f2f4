import { ByteReader, MalformedBytes } from '../../src/codec/byte-reader.ts';
import type { Shape } from '../../src/codec/shape.ts';

/** Numbers that begin or end something: lengths, words, codes, and the greatest that there are. */
const counts = [0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 127, 128, 1000, 2 ** 32, Number.MAX_SAFE_INTEGER];
const floats = [0, 1.5, -3, 1e300];
const texts = ['a', 'text/plain', 'ü€😀', 'a longer one: '.repeat(8), ''];
const attemptsMax = 2000;

/** Finds by chance what it is asked for: so whatever a shape can read comes about. */
class ChanceReader extends ByteReader {
  #seed: number;

  constructor(seed: number) {
    super(new Uint8Array(0));
    this.#seed = seed;
  }

  /** Numbers from 0 to below `end` (mulberry32). */
  #below(end: number): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  override get remainingBytes(): number {
    return 4;
  }

  override byte(): number {
    return this.#below(3);
  }

  override count(): number {
    return counts[this.#below(counts.length)] ?? 0;
  }

  override float(): number {
    return floats[this.#below(floats.length)] ?? 0;
  }

  override raw(sizeBytes: number): Buffer {
    if (sizeBytes > 2000) throw new MalformedBytes('more than chance gives');
    return Buffer.from(Array.from({ length: sizeBytes }, () => this.#below(256)));
  }

  override latin1(sizeBytes: number): string {
    return this.raw(sizeBytes).toString('latin1');
  }

  override utf8(maxBytes: number): string {
    const text = texts[this.#below(texts.length)] ?? '';
    if (Buffer.byteLength(text) > maxBytes) throw new MalformedBytes('a text that is too long');
    return text;
  }
}

/** Some value of a shape, the same for the same seed. */
export function valueBySeed<Value>(shape: Shape<Value>, seed: number): Value {
  const reader = new ChanceReader(seed);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    try {
      return shape.read(reader);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
    }
  }
  throw new Error('chance finds no value of the shape');
}
