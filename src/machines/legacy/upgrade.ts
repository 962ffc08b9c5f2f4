import { type ByteString, utf8BytesOf } from '../../codec/byte-string.ts';
import { encode } from '../../codec/shape.ts';
import type { States } from '../draft.ts';
import type { LogClock } from '../frame/log-clock.ts';
import { transactionResultShape } from '../frame/result.ts';
import { UseTable } from '../frame/use-table.ts';
import { BatchTable } from '../journal/batch-table.ts';
import { batchIdMaxBytes, journalSlot, rememberedBatchesMax } from '../journal/journal.ts';
import { attachedOf } from '../keys/attached.ts';
import { internedType } from '../keys/item.ts';
import { emptyHistory } from '../keys/parts.ts';
import type { KeyRecord } from '../keys/record.ts';
import { isReserved, lockKey } from '../keys/reserved.ts';
import { ascending, keysSlot } from '../keys/state.ts';
import { type Lease, leaseKey, leasesSlot, ttlMaxMs } from '../leases/lease-table.ts';
import { PersistentMap } from '../persistent-map.ts';
import type { OldContents } from './old-key-values.ts';
import type { OldState } from './old-state.ts';
import type { OldUses } from './old-uses.ts';

/** What a state of before becomes: all but what stays as a new state has it. */
export type Upgraded = {
  readonly clock: LogClock;
  /** The last number that was given out. */
  readonly token: number;
  readonly states: States;
  readonly idempotency: {
    readonly maxBytes: number;
    readonly forgottenAtMs: number | undefined;
    readonly uses: UseTable;
  };
};

/**
 * The state of today that a state of before becomes at an entry of the log; it must not be used any
 * more. All numbers that were given out before are indexes of the log, and so those that are given
 * out from now on, beyond this index, are greater. Sessions are forgotten: their clients are told
 * that the fate of what they have sent is unknown.
 */
export function upgraded(old: OldState, index: number): Upgraded {
  // Whole milliseconds, as stamps are.
  const clock = { ...old.clock, nowMs: Math.floor(old.clock.nowMs) };
  const { keys, granted, token } = withLeases(itemsOf(old.contents, clock.nowMs), index);
  const { lastSeq, places } = old.journal;
  const history = emptyHistory({ oldest: index, place: 1 });
  const { maxBytes, forgottenAtMs } = old.uses;
  return {
    clock,
    token,
    states: {
      [journalSlot.name]: { lastSeq, places, byBatchId: batchesOf(old) },
      [keysSlot.name]: { ...keysSlot.create(), keys, history, attached: attachedOf(keys) },
      [leasesSlot.name]: { granted },
    },
    idempotency: {
      maxBytes,
      forgottenAtMs: forgottenAtMs === undefined ? undefined : Math.floor(forgottenAtMs),
      uses: usesOf(old.uses),
    },
  };
}

/** Nothing is known of what stood there before. */
const link = { place: 0, jump: 0, depth: 0 };

type Item = {
  readonly key: ByteString;
  readonly record: KeyRecord;
  /** What it has left; undefined: it stays. */
  readonly ttlMs: number | undefined;
};

/** Keys and locks that are not past their end, in the order of their keys. */
function itemsOf({ keys, locks }: OldContents, nowMs: number): readonly Item[] {
  const items: Item[] = [];
  for (const [
    key,
    { value, type, version, createRevision, modRevision, expiresAtMs },
  ] of keys.entries()) {
    const ttlMs = expiresAtMs === undefined ? undefined : remaining(expiresAtMs, nowMs);
    if (ttlMs === 0) continue;
    const record = {
      ...{ value, type: internedType(type), version, createRevision, modRevision },
      ...{ lease: 0, token: 0, ...link },
    };
    items.push({ key: ofPeople(key as ByteString, keys), record, ttlMs });
  }
  for (const [name, { holder, token, expiresAtMs }] of locks.entries()) {
    const ttlMs = remaining(expiresAtMs, nowMs);
    if (ttlMs === 0) continue;
    const record = {
      ...{ value: utf8BytesOf(holder), type: 'text/plain', version: 1 },
      ...{ createRevision: token, modRevision: token, lease: 0, token, ...link },
    };
    items.push({ key: lockKey(name), record, ttlMs });
  }
  return items.sort((a, b) => ascending(a.key, b.key));
}

const remaining = (expiresAtMs: number, nowMs: number): number =>
  Math.min(ttlMaxMs, Math.max(0, Math.ceil(expiresAtMs - nowMs)));

/** Keys that begin with byte 0 are the cluster's own today: such a key is found behind byte 1. */
function ofPeople(key: ByteString, keys: OldContents['keys']): ByteString {
  let free = key;
  while (isReserved(free) || (free !== key && keys.has(free))) free = `\u0001${free}` as ByteString;
  return free;
}

/** Whatever ends has a lease of its own, with the time that it has left. */
function withLeases(
  items: readonly Item[],
  index: number,
): {
  readonly keys: PersistentMap<KeyRecord>;
  readonly granted: PersistentMap<Lease>;
  readonly token: number;
} {
  const granted: (readonly [string, Lease])[] = [];
  let token = index;
  const entries = items.map(({ key, record, ttlMs }): readonly [string, KeyRecord] => {
    if (ttlMs === undefined) return [key, record];
    token += 1;
    granted.push([leaseKey(token), { ttlMs, isPrivate: true, renewals: 0 }]);
    return [key, { ...record, lease: token }];
  });
  return {
    keys: PersistentMap.fromSorted(entries),
    granted: PersistentMap.fromSorted(granted),
    token,
  };
}

function batchesOf({ journal }: OldState): BatchTable {
  const batches = new BatchTable(rememberedBatchesMax);
  for (const [id, batch] of journal.byBatchId.entries()) batches.set(id, batch);
  return batches;
}

/** Clients draw UUIDs; a name of their own that nobody could ask for any more is none. */
const isFit = (batchId: string): boolean =>
  batchId !== '' && Buffer.byteLength(batchId) <= batchIdMaxBytes;

/**
 * Remembered by their key alone: what a request was used to be told by is no longer told, so that
 * the use of a key of before counts as the same whatever comes under it.
 */
function usesOf({ byHash }: OldUses): UseTable {
  const uses = new UseTable();
  for (const [, { hash, placement, atMs }] of byHash.entries()) {
    const { first, last, term, index } = placement;
    const batchId = isFit(placement.batchId) ? placement.batchId : `entry-${index}`;
    const answer = encode(transactionResultShape, {
      type: 'done',
      succeeded: true,
      answers: [{ op: 'journal.append', batchId, first, last }],
    });
    uses.addHashed(hash, anyUse, { term, index, atMs: Math.floor(atMs), answer });
  }
  return uses;
}

const anyUse = [0, 0] as const;
