/**
 * Bytes as a string of as many characters, each below 256. Such strings compare in the order of
 * their bytes, cannot be changed, and cost V8 one byte per byte and no second object.
 */
export type ByteString = string & { readonly __bytes: never };

export const byteStringOf = (bytes: Uint8Array): ByteString =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1') as ByteString;

export const bytesOf = (text: ByteString): Buffer => Buffer.from(text, 'latin1');

/** The bytes of a text in UTF-8. */
export const utf8BytesOf = (text: string): ByteString => byteStringOf(Buffer.from(text, 'utf8'));

/** Whether a value of the log is such a string, as far as it can be told. */
export const isByteString = (value: unknown, lengthMax: number): value is ByteString =>
  typeof value === 'string' && value.length <= lengthMax && !/[\u0100-\uffff]/.test(value);

/** The end of the range that holds this key alone. */
export const endOfKey = (key: ByteString): ByteString => `${key}\0` as ByteString;

/** The first key behind all that have the prefix; UTF-8 has no byte 255. */
export const endOfPrefix = (prefix: ByteString): ByteString => `${prefix}\u00ff` as ByteString;
