const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;
/** UTF-16 units in a block of 16 bytes. */
const blockUnits = 8;

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

function finished(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/**
 * 128 bits that stand for a text: MurmurHash3 (x86, 128 bits, seed 0) of its UTF-16 bytes, as four
 * words. Two texts of people's choice never meet by chance. Who sets out to make two that do can
 * only take the one for the other in what he was free to send anyway.
 */
export function hashOf(text: string): readonly [number, number, number, number] {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const word = (at: number): number =>
    (text.charCodeAt(at) || 0) | ((text.charCodeAt(at + 1) || 0) << 16);
  const { length } = text;
  let at = 0;
  for (; at + blockUnits <= length; at += blockUnits) {
    h1 ^= Math.imul(rotated(Math.imul(word(at), c1), 15), c2);
    h1 = (Math.imul(rotated(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotated(Math.imul(word(at + 2), c2), 16), c3);
    h2 = (Math.imul(rotated(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotated(Math.imul(word(at + 4), c3), 17), c4);
    h3 = (Math.imul(rotated(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotated(Math.imul(word(at + 6), c4), 18), c1);
    h4 = (Math.imul(rotated(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  // What is left of the text fills no block; past its end are zeros, which change nothing.
  h4 ^= Math.imul(rotated(Math.imul(word(at + 6), c4), 18), c1);
  h3 ^= Math.imul(rotated(Math.imul(word(at + 4), c3), 17), c4);
  h2 ^= Math.imul(rotated(Math.imul(word(at + 2), c2), 16), c3);
  h1 ^= Math.imul(rotated(Math.imul(word(at), c1), 15), c2);
  const bytes = 2 * length;
  h1 ^= bytes;
  h2 ^= bytes;
  h3 ^= bytes;
  h4 ^= bytes;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finished(h1);
  h2 = finished(h2);
  h3 = finished(h3);
  h4 = finished(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  return [h1 >>> 0, (h2 + h1) >>> 0, (h3 + h1) >>> 0, (h4 + h1) >>> 0];
}
