import type { ByteString } from '../../codec/byte-string.ts';
import { leaseKey } from '../leases/lease-table.ts';
import { PersistentMap } from '../persistent-map.ts';
import type { KeyRecord } from './record.ts';

/** Which keys hang on which lease: by the lease's number with the key behind it. */
export type Attached = PersistentMap<{ readonly key: ByteString }>;

export const nothingAttached: Attached = PersistentMap.empty();

const entryOf = (lease: number, key: ByteString): string => `${leaseKey(lease)}${key}`;

/** The key hangs on `after` now, and no more on `before`; 0: on none. */
export function moved(
  attached: Attached,
  key: ByteString,
  { before, after }: { readonly before: number; readonly after: number },
): Attached {
  if (before === after) return attached;
  const rest = before === 0 ? attached : attached.without(entryOf(before, key));
  return after === 0 ? rest : rest.with(entryOf(after, key), { key });
}

/** Without keys that are gone. */
export function detached(
  attached: Attached,
  gone: Iterable<readonly [ByteString, KeyRecord]>,
): Attached {
  const entries: string[] = [];
  for (const [key, { lease }] of gone) if (lease !== 0) entries.push(entryOf(lease, key));
  return attached.withoutAll(entries.sort((a, b) => (a < b ? -1 : 1)));
}

/** The keys that hang on a lease, from one on, ascending. */
export function* keysOfLease(
  attached: Attached,
  lease: number,
  from = '' as ByteString,
): Generator<ByteString> {
  const prefix = leaseKey(lease);
  for (const [entry, { key }] of attached.entries(entryOf(lease, from))) {
    if (!entry.startsWith(prefix)) return;
    yield key;
  }
}

/** All of them. */
export const allOfLease = (attached: Attached, lease: number): ByteString[] =>
  attached.valuesIn(leaseKey(lease), leaseKey(lease + 1)).map(({ key }) => key);

/** Without a lease and all that hangs on it. */
export const withoutLease = (attached: Attached, lease: number): Attached =>
  attached.withoutRange(leaseKey(lease), leaseKey(lease + 1));

export const attachedCount = (attached: Attached, lease: number): number =>
  attached.count(leaseKey(lease), leaseKey(lease + 1));

/** What hangs on what follows from the records. */
export function attachedOf(keys: PersistentMap<KeyRecord>): Attached {
  const entries: (readonly [string, { readonly key: ByteString }])[] = [];
  for (const [text, { lease }] of keys.entries()) {
    const key = text as ByteString;
    if (lease !== 0) entries.push([entryOf(lease, key), { key }]);
  }
  return PersistentMap.fromSorted(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
