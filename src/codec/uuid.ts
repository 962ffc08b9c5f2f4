/*
 * UUIDs as 16 bytes and as their usual text, by hand: every batch and every lease holder has one,
 * and to take them to pieces with a regular expression costs more than all the rest of a put.
 */

export const uuidBytes = 16;
const textLength = 36;
const dash = 0x2d;
const isDashAt = (place: number): boolean =>
  place === 8 || place === 13 || place === 18 || place === 23;

const digits = '0123456789abcdef';
/** The value of a digit by its character, 255 for what is none; capital letters are none. */
const digitValues = new Uint8Array(128).fill(255);
for (const [value, digit] of [...digits].entries()) digitValues[digit.charCodeAt(0)] = value;
const digitCodes = Uint8Array.from(digits, digit => digit.charCodeAt(0));

const bytes = new Uint8Array(uuidBytes);
const text = Buffer.alloc(textLength, dash);

/** The bytes of a UUID in lower case, until the next call; undefined for any other text. */
export function bytesOfUuid(uuid: string): Uint8Array | undefined {
  if (uuid.length !== textLength) return undefined;
  let at = 0;
  let place = 0;
  while (place < textLength) {
    if (isDashAt(place)) {
      if (uuid.charCodeAt(place) !== dash) return undefined;
      place += 1;
    }
    const high = digitValues[uuid.charCodeAt(place)] ?? 255;
    const low = digitValues[uuid.charCodeAt(place + 1)] ?? 255;
    if (high === 255 || low === 255) return undefined;
    bytes[at] = 16 * high + low;
    at += 1;
    place += 2;
  }
  return bytes;
}

export function uuidOf(source: Uint8Array): string {
  let place = 0;
  for (let at = 0; at < uuidBytes; at += 1) {
    if (isDashAt(place)) place += 1;
    const byte = source[at] ?? 0;
    text[place] = digitCodes[byte >>> 4] ?? 0;
    text[place + 1] = digitCodes[byte & 15] ?? 0;
    place += 2;
  }
  return text.toString('latin1');
}
