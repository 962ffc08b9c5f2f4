import { type ByteString, bytesOf } from '../codec/byte-string.ts';
import type { Item } from '../machines/keys/item.ts';

/** A key as JSON; a value that is no UTF-8 text stands there in base64. */
export const itemBody = (item: Item): object => ({
  ...keyBody(item.key),
  ...(item.value === undefined ? {} : valueBody(item.value)),
  type: item.type,
  ...versionsBody(item),
  ...(item.lease === undefined ? {} : { lease: item.lease }),
  ...(item.ttlMs === undefined ? {} : { ttl_ms: item.ttlMs }),
});

export const versionsBody = ({ version, createRevision, modRevision }: Item) => ({
  version,
  create_revision: createRevision,
  mod_revision: modRevision,
});

export const keyBody = (key: ByteString) => inWords('key', key);
export const valueBody = (value: ByteString) => inWords('value', value);

function inWords(name: string, value: ByteString): Readonly<Record<string, string>> {
  const bytes = bytesOf(value);
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes)
    ? { [name]: text }
    : { [`${name}_base64`]: bytes.toString('base64') };
}
