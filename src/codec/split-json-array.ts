const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d;
const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * The elements of a JSON array, each as the bytes that it was written with: numbers that no double
 * can hold, repeated keys and spaces survive. The bytes must be valid JSON.
 */
export function splitJsonArray(bytes: Uint8Array): Uint8Array[] {
  const bounds = separators(bytes);
  return bounds.slice(1).flatMap((end, place) => {
    const element = trimJson(bytes.subarray((bounds[place] ?? 0) + 1, end));
    return element.length > 0 ? [element] : [];
  });
}

/** Where the outermost array opens, its commas, and where it closes. */
function separators(bytes: Uint8Array): number[] {
  const places: number[] = [];
  let depth = 0;
  for (let place = 0; place < bytes.length; place += 1) {
    const byte = bytes[place] ?? 0;
    if (byte === quote) place = endOfString(bytes, place);
    else if (isOpening(byte)) depth += 1;
    const isSeparator = depth === 1 && (byte === comma || places.length === 0 || isClosing(byte));
    if (isSeparator) places.push(place);
    if (isClosing(byte)) depth -= 1;
  }
  return places;
}

/** The place of the quote that ends the string which begins at `start`. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let place = start + 1;
  while (place < bytes.length && bytes[place] !== quote) {
    place += bytes[place] === backslash ? 2 : 1;
  }
  return place;
}

/** Without the spaces around it. */
export function trimJson(bytes: Uint8Array): Uint8Array {
  let begin = 0;
  let end = bytes.length;
  while (begin < end && isSpace(bytes[begin])) begin += 1;
  while (end > begin && isSpace(bytes[end - 1])) end -= 1;
  return bytes.subarray(begin, end);
}
