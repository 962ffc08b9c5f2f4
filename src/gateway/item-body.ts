import type { KeyItem } from '../client/key-query.ts';
import { bytesOf } from '../codec/byte-string.ts';

/** A key as JSON; a value that is no UTF-8 text stands there in base64. */
export function itemBody(item: KeyItem, withValue: boolean): object {
  return {
    key: bytesOf(item.key).toString(),
    ...(withValue ? valueBody(item.value) : {}),
    type: item.type,
    version: item.version,
    create_revision: item.createRevision,
    mod_revision: item.modRevision,
    ...(item.ttlMs === undefined ? {} : { ttl_ms: item.ttlMs }),
  };
}

export function valueBody(value: Buffer): { value: string } | { value_base64: string } {
  const text = value.toString('utf8');
  return Buffer.from(text, 'utf8').equals(value)
    ? { value: text }
    : { value_base64: value.toString('base64') };
}
