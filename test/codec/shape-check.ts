import { MalformedBytes } from '../../src/codec/byte-reader.ts';
import { decode, encode, type Shape } from '../../src/codec/shape.ts';
import { valueBySeed } from './chance-reader.ts';

const bytesPerValueMax = 300;

/** What the bytes stand for, in bytes again; undefined when they are refused. */
function again(shape: Shape<unknown>, bytes: Uint8Array): string | undefined {
  try {
    return encode(shape, decode(shape, bytes)).toString('hex');
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

/** Whatever the bytes are, they are refused, or are the one way to write what they stand for. */
export function wrongOfBytes(shape: Shape<unknown>, bytes: Uint8Array): string | undefined {
  const hex = Buffer.from(bytes).toString('hex');
  const written = again(shape, bytes);
  return written === undefined || written === hex ? undefined : `${hex} is written as ${written}`;
}

/** What is wrong with how a value of the shape is written; undefined when nothing was found. */
export function wrongOfValue(shape: Shape<unknown>, seed: number): string | undefined {
  const bytes = encode(shape, valueBySeed(shape, seed));
  const hex = bytes.toString('hex');
  if (again(shape, bytes) !== hex) return `${hex} is not read as it was written`;
  for (let length = 0; length < Math.min(bytes.length, bytesPerValueMax); length += 1) {
    if (again(shape, bytes.subarray(0, length)) !== undefined)
      return `${hex} is whole at ${length}`;
  }
  if (again(shape, Buffer.concat([bytes, Buffer.of(0)])) !== undefined) return `${hex} has no end`;
  return wrongOfFlips(shape, bytes, seed);
}

function wrongOfFlips(shape: Shape<unknown>, bytes: Buffer, seed: number): string | undefined {
  for (let place = 0; place < Math.min(bytes.length, bytesPerValueMax); place += 1) {
    for (const mask of [1, 0x80, 0xff, 1 + ((seed * 31 + place) & 0xfe)]) {
      const flipped = Buffer.from(bytes);
      flipped[place] = (flipped[place] ?? 0) ^ mask;
      const wrong = wrongOfBytes(shape, flipped);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}
