import type { ByteString } from '../../codec/byte-string.ts';
import type { ValuesOf } from '../../codec/shape.ts';
import type { range } from './read-range.ts';

export type KeyRangeQuery = ValuesOf<typeof range.takes>;

/** All keys as they are now, with their values, in the order of their bytes. */
const everything: Omit<KeyRangeQuery, 'limit'> = {
  start: '' as ByteString,
  end: '' as ByteString,
  revision: 0,
  withValues: true,
  countOnly: false,
  sort: 'key',
  isDescending: false,
  createdFrom: 0,
  createdThrough: 0,
  modifiedFrom: 0,
  modifiedThrough: 0,
};

/** The query for keys that differs from all of them, newest and with values, in these fields. */
export const keyRange = (
  wanted: Partial<KeyRangeQuery> & Pick<KeyRangeQuery, 'limit'>,
): KeyRangeQuery => ({ ...everything, ...wanted });
