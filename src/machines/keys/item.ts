import type { ByteString } from '../../codec/byte-string.ts';
import type { ValuesOf } from '../../codec/shape.ts';
import { byteString, count, fields, optional, text } from '../../codec/shapes.ts';
import { remainingShape } from '../leases/lease-table.ts';
import type { KeyRecord } from './record.ts';

export const keyMaxBytes = 1024;
/** 256 characters of three bytes each. */
export const nameMaxBytes = 768;

export const keyShape = byteString({ min: 1, max: keyMaxBytes });
/** The end of the range that holds only the longest key is one byte longer. */
export const boundShape = byteString({ max: keyMaxBytes + 1 });
/** Of a type, a lock, a holder. */
export const nameShape = text({ min: 1, max: nameMaxBytes });
export const typeShape = nameShape;
export const revisionShape = count();

/** A key as it is told to whoever reads, writes or watches. */
const itemFields = {
  key: byteString(),
  /** Left out where only keys are asked for. */
  value: optional(byteString()),
  type: typeShape,
  version: count(),
  createRevision: revisionShape,
  modRevision: revisionShape,
  /** How long the value is. */
  bytes: count(),
  lease: optional(count()),
  /** What the lease has left, where that is known. */
  ttlMs: optional(remainingShape),
  /** The fencing token, where the key is a lock. */
  token: optional(count()),
};
export type Item = ValuesOf<typeof itemFields>;
export const itemShape = fields(itemFields);

export function itemOf(
  key: ByteString,
  record: KeyRecord,
  { withValue, ttlMs }: { readonly withValue: boolean; readonly ttlMs?: number | undefined },
): Item {
  const { value, type, version, createRevision, modRevision, lease, token } = record;
  return {
    key,
    value: withValue ? value : undefined,
    type,
    version,
    createRevision,
    modRevision,
    bytes: value.length,
    lease: lease === 0 ? undefined : lease,
    ttlMs,
    token: token === 0 ? undefined : token,
  };
}

const usualTypes = new Map(
  [
    'application/json',
    'application/octet-stream',
    'text/plain',
    'text/plain; charset=utf-8',
    'text/plain;charset=UTF-8',
  ].map(type => [type, type]),
);

/** The same text, once in memory for all keys that have it. */
export const internedType = (type: string): string => usualTypes.get(type) ?? type;
