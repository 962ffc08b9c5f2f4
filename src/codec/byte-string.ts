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

/** The text that bytes in UTF-8 stand for; what is none of it stands there as U+FFFD. */
export const textOf = (bytes: ByteString): string => bytesOf(bytes).toString('utf8');

/** Whether a value of the log is such a string, as far as it can be told. */
export const isByteString = (value: unknown, lengthMax: number): value is ByteString =>
  typeof value === 'string' && value.length <= lengthMax && !/[\u0100-\uffff]/.test(value);

/** The end of the range that holds this key alone. */
export const endOfKey = (key: ByteString): ByteString => `${key}\0` as ByteString;

/**
 * The first key behind all that have the prefix: its last byte below 255 is one greater, and what
 * follows it is left out. Empty, which means no end, when there is no such byte.
 */
export function endOfPrefix(prefix: ByteString): ByteString {
  let length = prefix.length;
  while (length > 0 && prefix.charCodeAt(length - 1) === 255) length -= 1;
  if (length === 0) return '' as ByteString;
  const next = String.fromCharCode(prefix.charCodeAt(length - 1) + 1);
  return `${prefix.slice(0, length - 1)}${next}` as ByteString;
}
