import { type ByteString, byteStringOf, bytesOf, endOfKey } from '../codec/byte-string.ts';
import { quoted } from '../events/quoted-words.ts';
import type { LogClock } from '../machines/frame/log-clock.ts';
import {
  type KeyRecord,
  type KeyValues,
  keyAt,
  keysAt,
  livingKeys,
  recordAt,
  timeOf,
} from '../state-machines/key-values.ts';
import type { ReplicatedState } from '../state-machines/replicated-state.ts';
import { mebibyte } from '../words.ts';
import type { Refusal } from './refusal.ts';

/** A page ends beyond this; a larger value still fits alone. */
const pageMaxBytes = 4 * mebibyte;
const pageMaxKeys = 10_000;
const entryOverheadBytes = 64;

export type KeyRange = {
  readonly start: Uint8Array;
  /** Empty: no end. */
  readonly end: Uint8Array;
  readonly limit: number;
  readonly withValues: boolean;
  /** 0: the newest. */
  readonly revision: number;
};
/** One key as it is told to a reader or a watcher. */
export type KeyEntry = {
  readonly key: Buffer;
  /** Undefined where only keys were asked for. */
  readonly value?: Buffer;
  readonly type: string;
  readonly version: number;
  readonly createRevision: number;
  readonly modRevision: number;
  /** How long the value is. */
  readonly bytes: number;
  readonly ttlMs?: number;
};
export type KeyPage = {
  readonly entries: readonly KeyEntry[];
  readonly next: Buffer | undefined;
  readonly revision: number;
};

/** Keys of a range as they are, or as they were at a revision that is still kept. */
export function readKeys(
  state: ReplicatedState,
  range: KeyRange,
): { readonly page: KeyPage } | { readonly refused: Refusal } {
  const { keyValues, appliedIndex } = state;
  const revision = range.revision === 0 ? appliedIndex : range.revision;
  if (revision > appliedIndex) {
    const detail = `revision ${revision} is not there yet; the newest is ${appliedIndex}`;
    return { refused: { reason: 'future', detail } };
  }
  if (revision < keyValues.oldestRevision) return { refused: forgotten(keyValues, revision) };
  return { page: pageOf(state, range, revision) };
}

function pageOf({ keyValues, clock }: ReplicatedState, range: KeyRange, revision: number): KeyPage {
  const start = byteStringOf(range.start);
  const end = byteStringOf(range.end);
  const limit = Math.min(range.limit, pageMaxKeys);
  const { nowMs } = clock;
  const keys = isOneKey(start, end)
    ? onlyKey(keyValues, start, range, nowMs)
    : keysOf(keyValues, range, nowMs);
  const entries: KeyEntry[] = [];
  let bytes = 0;
  for (const [key, record] of keys) {
    if (end !== '' && key >= end) break;
    if (entries.length >= limit || bytes >= pageMaxBytes) {
      return { entries, next: bytesOf(key as ByteString), revision };
    }
    entries.push(entryOf(clock, key as ByteString, record, range.withValues));
    bytes += key.length + entryOverheadBytes + (range.withValues ? record.value.length : 0);
  }
  return { entries, next: undefined, revision };
}

type Entries = Iterable<readonly [string, KeyRecord]>;

const isOneKey = (start: ByteString, end: ByteString): boolean => end === endOfKey(start);

/** One key is found in the past without going back there with all of them. */
function onlyKey(
  keyValues: KeyValues,
  key: ByteString,
  { revision }: KeyRange,
  nowMs: number,
): Entries {
  const record =
    revision === 0 ? keyAt(keyValues.contents, key, nowMs) : recordAt(keyValues, key, revision);
  return record === undefined ? [] : [[key, record]];
}

function keysOf(keyValues: KeyValues, { revision, start }: KeyRange, nowMs: number): Entries {
  const from = byteStringOf(start);
  if (revision === 0) return livingKeys(keyValues.contents.keys, from, nowMs);
  return livingKeys(keysAt(keyValues, revision), from, timeOf(keyValues, revision));
}

/** The range in words: most often it is one key. */
export function rangeText({ start, end }: Pick<KeyRange, 'start' | 'end'>): string {
  const first = byteStringOf(start);
  const name = quoted(Buffer.from(first, 'latin1').toString('utf8'));
  return isOneKey(first, byteStringOf(end)) ? `GET ${name}` : `KEYS ${name}`;
}

export function forgotten(keyValues: KeyValues, revision: number): Refusal {
  const { oldestRevision } = keyValues;
  const detail = `revision ${revision} is no longer kept; the oldest is ${oldestRevision}`;
  return { reason: 'forgotten', detail };
}

export function entryOf(
  { nowMs }: LogClock,
  key: ByteString,
  record: KeyRecord,
  withValue: boolean,
): KeyEntry {
  const { value, expiresAtMs, ...rest } = record;
  return {
    ...rest,
    key: bytesOf(key),
    bytes: value.length,
    ...(withValue ? { value: bytesOf(value) } : {}),
    ...(expiresAtMs === undefined ? {} : { ttlMs: Math.max(0, expiresAtMs - nowMs) }),
  };
}
