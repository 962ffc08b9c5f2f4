import { ByteReader, MalformedBytes } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

/**
 * How values of a kind are written as bytes, and read again.
 *
 * A log entry stays for ever and is read on every server: so reading answers for any bytes, alike
 * everywhere. There is one way to write each value, and `read` refuses every other one, whatever is
 * out of bounds included: who has read a value need not check it again. And `write` refuses what
 * `read` would: an entry that nobody can read would stop every server of the cluster for good.
 */
export type Shape<Value> = {
  /** Throws RangeError. */
  write(writer: ByteWriter, value: Value): void;
  /** Throws MalformedBytes. */
  read(reader: ByteReader): Value;
};

/** The values of a shape. */
export type ValueOf<S> = S extends Shape<infer Value> ? Value : never;

export type FieldShapes = Readonly<Record<string, Shape<unknown>>>;
/** An object with a value for each field. */
export type ValuesOf<Fields> = { readonly [Name in keyof Fields]: ValueOf<Fields[Name]> };

/** Has grown to what is usual: a writer of its own for each value would have to grow each time. */
let spare: ByteWriter | undefined;

export function encode<Value>(shape: Shape<Value>, value: Value): Buffer {
  const writer = spare ?? new ByteWriter();
  // Until it is free again, whoever else encodes takes another one; after a throw it is not.
  spare = undefined;
  shape.write(writer, value);
  const bytes = writer.take();
  spare = writer;
  return bytes;
}

/** The value that all of the bytes stand for. Throws MalformedBytes. */
export function decode<Value>(shape: Shape<Value>, bytes: Uint8Array): Value {
  const reader = new ByteReader(bytes);
  const value = shape.read(reader);
  reader.end();
  return value;
}

/** Refuses what is to be written unless it is fit. */
export function demandFit(isFit: boolean, what: string): void {
  if (!isFit) throw new RangeError(`${what} cannot be written`);
}

/** Refuses what was read unless it is fit. */
export function demand(isFit: boolean, what: string): void {
  if (!isFit) throw new MalformedBytes(what);
}
