import { endOfString, splitJsonArray, trimJson } from './split-json-array.ts';

/**
 * The value of a member of a JSON object, as the bytes that it was written with; of several with
 * the same name the last one counts, as for every reader of JSON. The bytes must be valid JSON.
 */
export function jsonMember(object: Uint8Array, name: string): Uint8Array | undefined {
  // Commas part the members of an object as they part the elements of an array.
  for (const member of splitJsonArray(object).reverse()) {
    const end = endOfString(member, 0) + 1;
    if (JSON.parse(Buffer.from(member.subarray(0, end)).toString('utf8')) !== name) continue;
    return trimJson(trimJson(member.subarray(end)).subarray(1));
  }
  return undefined;
}
