import { type ByteString, endOfKey } from '../codec/byte-string.ts';
import type { QueryFields } from '../machines/machines.ts';

/** A query for one key, as of a revision; 0: the newest. */
export const queryOfKey = (key: ByteString, revision: number): QueryFields<'keys.range'> => ({
  ...{ start: key, end: endOfKey(key), limit: 1, revision, withValues: true, countOnly: false },
  ...{ sort: 'key', isDescending: false },
  ...{ createdFrom: 0, createdThrough: 0, modifiedFrom: 0, modifiedThrough: 0 },
});
