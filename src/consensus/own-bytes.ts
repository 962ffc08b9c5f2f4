import type { Entry } from './types.ts';

/** A buffer of which at least this much is used may stay as it is. */
const usedFractionMin = 0.8;

/**
 * The entries with payloads that hold no more memory than they have bytes.
 *
 * What comes from the network are views on whole messages, and on slabs that many small messages
 * share: an entry of 300 bytes that is kept for long would keep 8 KiB with it. All of one append
 * are packed together: they come together, and the oldest leave the memory together.
 */
export function withOwnBytes(entries: readonly Entry[]): readonly Entry[] {
  if (areWellUsed(entries)) return entries;
  const packed = new Uint8Array(entries.reduce((sum, { payload }) => sum + payload.length, 0));
  let offset = 0;
  return entries.map(entry => {
    const begin = offset;
    packed.set(entry.payload, begin);
    offset += entry.payload.length;
    return { ...entry, payload: packed.subarray(begin, offset) };
  });
}

/** Whether all of them lie in buffers that hold little else. */
function areWellUsed(entries: readonly Entry[]): boolean {
  let usedBytes = 0;
  let heldBytes = 0;
  let last: ArrayBufferLike | undefined;
  for (const { payload } of entries) {
    usedBytes += payload.length;
    if (payload.buffer !== last) heldBytes += payload.buffer.byteLength;
    last = payload.buffer;
  }
  return usedBytes >= usedFractionMin * heldBytes;
}
