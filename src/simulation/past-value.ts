import { type ByteString, byteStringOf, bytesOf, endOfKey } from '../codec/byte-string.ts';
import { readKeys } from '../host/key-reader.ts';
import type { ReplicatedState } from '../state-machines/replicated-state.ts';

export type PastValue = { readonly isRefused: boolean; readonly value: ByteString | undefined };

/** What the real reader of keys finds under one key, as of a revision; 0: the newest. */
export function valueIn(state: ReplicatedState, key: ByteString, revision: number): PastValue {
  const range = { start: bytesOf(key), end: bytesOf(endOfKey(key)), limit: 1 };
  const found = readKeys(state, { ...range, withValues: true, revision });
  const [entry] = 'page' in found ? found.page.entries : [];
  const value = entry?.value === undefined ? undefined : byteStringOf(entry.value);
  return { isRefused: 'refused' in found, value };
}
