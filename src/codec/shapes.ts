import { MalformedBytes } from './byte-reader.ts';
import type { ByteString } from './byte-string.ts';
import { demand, demandFit, type FieldShapes, type Shape, type ValuesOf } from './shape.ts';
import { bytesOfUuid, uuidBytes, uuidOf } from './uuid.ts';

/** A whole number from 0 to 2^53 - 1, or within narrower bounds. */
export const count = ({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}): Shape<number> => ({
  write: (writer, value) => {
    demandFit(value >= min && value <= max, 'a number beyond its bounds');
    writer.count(value);
  },
  read: reader => {
    const value = reader.count();
    demand(value >= min && value <= max, `a number beyond its bounds: ${value}`);
    return value;
  },
});

/** A whole number from -(2^53 - 1) to 2^53 - 1. */
export const integer: Shape<number> = {
  write: (writer, value) => {
    writer.byte(value < 0 ? 1 : 0);
    writer.count(Math.abs(value));
  },
  read: reader => {
    const sign = reader.byte();
    const size = reader.count();
    demand(sign === 0 || (sign === 1 && size > 0), 'a number with an unknown sign');
    return sign === 1 ? -size : size;
  },
};

/** Any number but NaN and the infinite ones. */
export const float: Shape<number> = {
  write: (writer, value) => {
    demandFit(Number.isFinite(value), 'a number that is none');
    writer.float(value);
  },
  read: reader => {
    const value = reader.float();
    demand(Number.isFinite(value), 'a number that is none');
    return value;
  },
};

export const flag: Shape<boolean> = {
  write: (writer, value) => writer.byte(value ? 1 : 0),
  read: reader => {
    const value = reader.byte();
    demand(value <= 1, 'a flag that is neither true nor false');
    return value === 1;
  },
};

/** A text of so many bytes in UTF-8. */
export const text = ({ min = 0, max }: { min?: number; max: number }): Shape<string> => ({
  write: (writer, value) => {
    demandFit(value.length >= min, 'a text that is too short');
    writer.utf8(value, max);
  },
  read: reader => {
    const value = reader.utf8(max);
    demand(value.length >= min, 'a text that is too short');
    return value;
  },
});

/** A name that somebody has chosen: a UUID takes 17 bytes, any other text its own length. */
export const identifier = ({ max }: { readonly max: number }): Shape<string> => {
  const any = text({ min: 1, max });
  return {
    write: (writer, value) => {
      const uuid = bytesOfUuid(value);
      writer.byte(uuid === undefined ? 0 : 1);
      if (uuid === undefined) any.write(writer, value);
      else writer.raw(uuid);
    },
    read: reader => {
      if (flag.read(reader)) return uuidOf(reader.raw(uuidBytes));
      const value = any.read(reader);
      demand(bytesOfUuid(value) === undefined, 'a UUID that is written as a text');
      return value;
    },
  };
};

/** Bytes that are compared and kept: as a string of one character per byte. */
export const byteString = ({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}): Shape<ByteString> => ({
  write: (writer, value) => {
    const sizeBytes = value.length;
    demandFit(sizeBytes >= min && sizeBytes <= max, 'a number of bytes beyond their bounds');
    writer.count(sizeBytes);
    writer.latin1(value);
  },
  read: reader => {
    const sizeBytes = reader.count();
    demand(sizeBytes >= min && sizeBytes <= max, `${sizeBytes} bytes, beyond their bounds`);
    return reader.latin1(sizeBytes) as ByteString;
  },
});

/** Bytes that are handed on; what is read is a view of what it was read from. */
export const bytes = ({ max = Number.MAX_SAFE_INTEGER } = {}): Shape<Uint8Array> => ({
  write: (writer, value) => {
    demandFit(value.length <= max, 'a number of bytes beyond their bounds');
    writer.count(value.length);
    writer.raw(value);
  },
  read: reader => {
    const sizeBytes = reader.count();
    demand(sizeBytes <= max, `${sizeBytes} bytes, beyond their bounds`);
    return reader.raw(sizeBytes);
  },
});

/** One of these words. */
export const word = <Word extends string>(...words: readonly Word[]): Shape<Word> => ({
  write: (writer, value) => {
    const place = words.indexOf(value);
    demandFit(place >= 0, 'a word that is unknown');
    writer.byte(place);
  },
  read: reader => {
    const value = words[reader.byte()];
    if (value === undefined) throw new MalformedBytes('a word that is unknown');
    return value;
  },
});

/** A value, or undefined. */
export const optional = <Value>(shape: Shape<Value>): Shape<Value | undefined> => ({
  write: (writer, value) => {
    writer.byte(value === undefined ? 0 : 1);
    if (value !== undefined) shape.write(writer, value);
  },
  read: reader => (flag.read(reader) ? shape.read(reader) : undefined),
});

/** Values one behind the other. */
export const list = <Value>(
  shape: Shape<Value>,
  { max = Number.MAX_SAFE_INTEGER } = {},
): Shape<readonly Value[]> => ({
  write: (writer, values) => {
    demandFit(values.length <= max, 'a list that is too long');
    writer.count(values.length);
    for (const value of values) shape.write(writer, value);
  },
  read: reader => {
    const length = reader.count();
    // None is shorter than a byte: so a forged length cannot make anybody reserve much.
    demand(length <= max && length <= reader.remainingBytes, `a list of ${length}`);
    const values: Value[] = [];
    for (let place = 0; place < length; place += 1) values.push(shape.read(reader));
    return values;
  },
});

/** An object of these fields, in this order. */
export function fields<Fields extends FieldShapes>(shapes: Fields): Shape<ValuesOf<Fields>> {
  const names = Object.keys(shapes);
  const values = Object.values(shapes);
  return {
    write: (writer, value) => {
      const object = value as Readonly<Record<string, unknown>>;
      for (let place = 0; place < names.length; place += 1) {
        values[place]?.write(writer, object[names[place] ?? '']);
      }
    },
    read: reader => {
      const object: Record<string, unknown> = {};
      for (let place = 0; place < names.length; place += 1) {
        object[names[place] ?? ''] = values[place]?.read(reader);
      }
      return object as ValuesOf<Fields>;
    },
  };
}

/** Values of the shape that are fit for more than their shape tells. */
export const refined = <Value>(
  shape: Shape<Value>,
  isFit: (value: Value) => boolean,
  what: string,
): Shape<Value> => ({
  write: (writer, value) => {
    demandFit(isFit(value), what);
    shape.write(writer, value);
  },
  read: reader => {
    const value = shape.read(reader);
    demand(isFit(value), what);
    return value;
  },
});

/** A kind of value among others: its number stands in front of it, for ever. */
export type Variant = { readonly code: number; readonly shape: Shape<unknown> };

/** A kind that is not known here: what was written with it, a newer version has written. */
export class UnknownKind extends MalformedBytes {
  override readonly name = 'UnknownKind';
}

/** One of several kinds of object, told apart by the field `tag`. */
export function oneOf<Value extends object>(
  tag: keyof Value & string,
  variants: Readonly<Record<string, Variant>>,
): Shape<Value> {
  const byName = new Map(Object.entries(variants));
  const byCode = new Map<number, { readonly name: string; readonly shape: Shape<unknown> }>();
  for (const [name, { code, shape }] of byName) {
    if (byCode.has(code)) throw new Error(`two kinds of ${tag} have the number ${code}`);
    byCode.set(code, { name, shape });
  }
  return {
    write: (writer, value) => {
      const variant = byName.get(String(value[tag]));
      if (variant === undefined) throw new RangeError(`there is no ${tag} "${value[tag]}"`);
      writer.count(variant.code);
      variant.shape.write(writer, value);
    },
    read: reader => {
      const code = reader.count();
      const variant = byCode.get(code);
      if (variant === undefined) throw new UnknownKind(`a ${tag} of the unknown kind ${code}`);
      const value = variant.shape.read(reader) as Record<string, unknown>;
      value[tag] = variant.name;
      return value as Value;
    },
  };
}
