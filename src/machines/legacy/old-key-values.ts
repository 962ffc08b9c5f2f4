import type { ByteString } from '../../codec/byte-string.ts';
import { PersistentMap } from '../persistent-map.ts';

/** What stands under a key. Revisions are log indexes. */
export type OldRecord = {
  readonly value: ByteString;
  /** The content type of the value, as it was posted. */
  readonly type: string;
  /** Writes since the key was created, the first included. */
  readonly version: number;
  readonly createRevision: number;
  readonly modRevision: number;
  /** By the clock of the log; undefined: never. */
  readonly expiresAtMs: number | undefined;
};

/** Somebody holds the name until it expires. The token of a later holder is always greater. */
export type OldLock = {
  readonly holder: string;
  readonly token: number;
  readonly expiresAtMs: number;
};

type Deadline = { readonly key: ByteString } | { readonly lock: string };

/** All that can be read now: one value, never changed, replaced by the next one as a whole. */
export type OldContents = {
  readonly keys: PersistentMap<OldRecord>;
  readonly locks: PersistentMap<OldLock>;
  /** What expires, in the order of its time. */
  readonly deadlines: PersistentMap<Deadline>;
};

export const noContents: OldContents = {
  keys: PersistentMap.empty(),
  locks: PersistentMap.empty(),
  deadlines: PersistentMap.empty(),
};

/** OldContents from their keys and locks: what expires when follows from them. */
export function restoreContents(
  keys: PersistentMap<OldRecord>,
  locks: PersistentMap<OldLock>,
): OldContents {
  const deadlines: (readonly [string, Deadline])[] = [];
  for (const [key, { expiresAtMs }] of keys.entries()) {
    if (expiresAtMs === undefined) continue;
    deadlines.push([deadlineKey(expiresAtMs, 'key', key), { key: key as ByteString }]);
  }
  for (const [lock, { expiresAtMs }] of locks.entries()) {
    deadlines.push([deadlineKey(expiresAtMs, 'lock', lock), { lock }]);
  }
  deadlines.sort(([a], [b]) => (a < b ? -1 : 1));
  return { keys, locks, deadlines: PersistentMap.fromSorted(deadlines) };
}

const deadlineKey = (atMs: number, kind: 'key' | 'lock', name: string): string =>
  `${Math.ceil(atMs).toString(16).padStart(14, '0')}${kind}${name}`;

const deadlineMs = (key: string): number => Number.parseInt(key.slice(0, 14), 16);

/** The contents with another record under the key, or with none. */
export function withRecord(
  contents: OldContents,
  key: ByteString,
  record: OldRecord | undefined,
): OldContents {
  const before = contents.keys.get(key);
  let { deadlines } = contents;
  if (before?.expiresAtMs !== undefined) {
    deadlines = deadlines.without(deadlineKey(before.expiresAtMs, 'key', key));
  }
  if (record?.expiresAtMs !== undefined) {
    deadlines = deadlines.with(deadlineKey(record.expiresAtMs, 'key', key), { key });
  }
  const keys = record === undefined ? contents.keys.without(key) : contents.keys.with(key, record);
  return { ...contents, keys, deadlines };
}

export function withLock(
  contents: OldContents,
  name: string,
  lock: OldLock | undefined,
): OldContents {
  const before = contents.locks.get(name);
  let { deadlines } = contents;
  if (before !== undefined) {
    deadlines = deadlines.without(deadlineKey(before.expiresAtMs, 'lock', name));
  }
  if (lock !== undefined) {
    deadlines = deadlines.with(deadlineKey(lock.expiresAtMs, 'lock', name), { lock: name });
  }
  const locks = lock === undefined ? contents.locks.without(name) : contents.locks.with(name, lock);
  return { ...contents, locks, deadlines };
}

/** Undefined when it is past its end at a log time, whether it is still there or not. */
const ifAlive = <T extends { readonly expiresAtMs: number | undefined }>(
  one: T | undefined,
  nowMs: number,
): T | undefined => (one?.expiresAtMs === undefined || one.expiresAtMs > nowMs ? one : undefined);

export const keyAt = (contents: OldContents, key: string, nowMs: number): OldRecord | undefined =>
  ifAlive(contents.keys.get(key), nowMs);

export const lockAt = (contents: OldContents, name: string, nowMs: number): OldLock | undefined =>
  ifAlive(contents.locks.get(name), nowMs);

const ascending = (names: readonly string[]): string[] =>
  names.toSorted((a, b) => (a < b ? -1 : 1));

/** Without what is due, the oldest first and at most `limit` things. */
export function expired(contents: OldContents, nowMs: number, limit: number): OldContents {
  const due: string[] = [];
  const keys: ByteString[] = [];
  const locks: string[] = [];
  for (const [dueAt, deadline] of contents.deadlines.entries()) {
    if (deadlineMs(dueAt) > nowMs || due.length >= limit) break;
    due.push(dueAt);
    if ('key' in deadline) keys.push(deadline.key);
    else locks.push(deadline.lock);
  }
  return {
    keys: contents.keys.withoutAll(ascending(keys)),
    locks: contents.locks.withoutAll(ascending(locks)),
    deadlines: contents.deadlines.withoutAll(due),
  };
}
