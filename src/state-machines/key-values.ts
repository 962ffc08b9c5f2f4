import type { ByteString } from '../codec/byte-string.ts';
import { PersistentMap } from '../machines/persistent-map.ts';

/** What stands under a key. Revisions are log indexes. */
export type KeyRecord = {
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
export type Lock = {
  readonly holder: string;
  readonly token: number;
  readonly expiresAtMs: number;
};

type Deadline = { readonly key: ByteString } | { readonly lock: string };

/** All that can be read now: one value, never changed, replaced by the next one as a whole. */
export type Contents = {
  readonly keys: PersistentMap<KeyRecord>;
  readonly locks: PersistentMap<Lock>;
  /** What expires, in the order of its time. */
  readonly deadlines: PersistentMap<Deadline>;
};

/** What a revision has made of one key; undefined: there was none, or is none any more. */
export type KeyChange = {
  readonly key: ByteString;
  readonly before: KeyRecord | undefined;
  readonly after: KeyRecord | undefined;
};

/** A revision that has changed keys, so that it can be told and undone. */
export type Version = {
  readonly revision: number;
  /** Log time then: what was past its end could not be seen any more, removed or not. */
  readonly nowMs: number;
  readonly changes: readonly KeyChange[];
  readonly bytes: number;
};

export type HistoryLimits = {
  readonly versionsMax: number;
  /** Of all versions together: what it takes at most to go back to the oldest. */
  readonly changesMax: number;
  readonly bytesMax: number;
};

/**
 * The key-value store: the newest contents, and as much of their past as is kept.
 *
 * What is due goes in pieces, so that the end of very many keys holds up nobody. Until its turn
 * comes it is still there, and nobody may see it: whoever looks something up gives the log time.
 */
export type KeyValues = {
  readonly limits: HistoryLimits;
  contents: Contents;
  /** The newest revisions that changed something, oldest first. */
  versions: Version[];
  /** The oldest revision that can be read: all after it that changed something are known. */
  oldestRevision: number;
  /** Log time at the oldest revision. */
  oldestMs: number;
  historyBytes: number;
  changeCount: number;
};

export function createKeyValues(limits: HistoryLimits): KeyValues {
  const contents: Contents = {
    keys: PersistentMap.empty(),
    locks: PersistentMap.empty(),
    deadlines: PersistentMap.empty(),
  };
  return {
    limits,
    contents,
    versions: [],
    oldestRevision: 0,
    oldestMs: 0,
    historyBytes: 0,
    changeCount: 0,
  };
}

/** Contents from their keys and locks: what expires when follows from them. */
export function restoreContents(
  keys: PersistentMap<KeyRecord>,
  locks: PersistentMap<Lock>,
): Contents {
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
  contents: Contents,
  key: ByteString,
  record: KeyRecord | undefined,
): Contents {
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

export function withLock(contents: Contents, name: string, lock: Lock | undefined): Contents {
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

/** When the next key or lock expires, by the clock of the log. */
export function nextExpiryMs({ deadlines }: Contents): number | undefined {
  const [first] = deadlines.entries();
  return first === undefined ? undefined : deadlineMs(first[0]);
}

/** Undefined when it is past its end at a log time, whether it is still there or not. */
const ifAlive = <T extends { readonly expiresAtMs: number | undefined }>(
  one: T | undefined,
  nowMs: number,
): T | undefined => (one?.expiresAtMs === undefined || one.expiresAtMs > nowMs ? one : undefined);

export const keyAt = (contents: Contents, key: string, nowMs: number): KeyRecord | undefined =>
  ifAlive(contents.keys.get(key), nowMs);

export const lockAt = (contents: Contents, name: string, nowMs: number): Lock | undefined =>
  ifAlive(contents.locks.get(name), nowMs);

/** The keys from one on that are not past their end at a log time. */
export function* livingKeys(
  keys: PersistentMap<KeyRecord>,
  from: string,
  nowMs: number,
): Generator<readonly [string, KeyRecord]> {
  for (const entry of keys.entries(from)) if (ifAlive(entry[1], nowMs) !== undefined) yield entry;
}

const ascending = (names: readonly string[]): string[] =>
  names.toSorted((a, b) => (a < b ? -1 : 1));

/** Removes what is due, the oldest first and at most `limit` things, as part of a revision. */
export function expire(
  state: KeyValues,
  at: { readonly revision: number; readonly nowMs: number },
  limit: number,
): void {
  const { contents } = state;
  const due: string[] = [];
  const keys: ByteString[] = [];
  const locks: string[] = [];
  for (const [dueAt, deadline] of contents.deadlines.entries()) {
    if (deadlineMs(dueAt) > at.nowMs || due.length >= limit) break;
    due.push(dueAt);
    if ('key' in deadline) keys.push(deadline.key);
    else locks.push(deadline.lock);
  }
  if (due.length === 0) return;
  // Else it cannot be told later what was past its end at this revision, and not yet removed.
  if (due.length === limit && keys.length === 0) addVersion(state, at, []);
  const rest = {
    keys: contents.keys.withoutAll(ascending(keys)),
    locks: contents.locks.withoutAll(ascending(locks)),
    deadlines: contents.deadlines.withoutAll(due),
  };
  commitContents(state, at, rest, keys);
}

/** Makes the contents those of a revision, and forgets what is too old. */
export function commitContents(
  state: KeyValues,
  at: { readonly revision: number; readonly nowMs: number },
  contents: Contents,
  changed: readonly ByteString[],
): void {
  const before = state.contents.keys;
  state.contents = contents;
  if (changed.length === 0) return;
  const changes = changed.map(key => ({
    key,
    before: before.get(key),
    after: contents.keys.get(key),
  }));
  const last = state.versions.at(-1);
  // What has expired at this very revision is part of the same change.
  if (last?.revision === at.revision) {
    dropVersion(state, state.versions.pop());
    addVersion(state, at, joined(last.changes, changes));
  } else addVersion(state, at, changes);
  forgetOldVersions(state);
}

function joined(first: readonly KeyChange[], second: readonly KeyChange[]): KeyChange[] {
  const changes = new Map(first.map(change => [change.key, change]));
  for (const { key, before, after } of second) {
    const earlier = changes.get(key);
    changes.set(key, { key, before: earlier === undefined ? before : earlier.before, after });
  }
  return [...changes.values()];
}

/** What a change keeps in memory beside its values, about. */
const changeOverheadBytes = 100;

export function addVersion(
  state: KeyValues,
  { revision, nowMs }: { readonly revision: number; readonly nowMs: number },
  changes: readonly KeyChange[],
): void {
  const bytes = changes.reduce(
    (sum, { key, before }) => sum + key.length + (before?.value.length ?? 0) + changeOverheadBytes,
    0,
  );
  state.versions.push({ revision, nowMs, changes, bytes });
  state.historyBytes += bytes;
  state.changeCount += changes.length;
}

function dropVersion(state: KeyValues, version: Version | undefined): void {
  state.historyBytes -= version?.bytes ?? 0;
  state.changeCount -= version?.changes.length ?? 0;
}

/** In larger pieces, so that it costs nothing per write. */
function forgetOldVersions(state: KeyValues): void {
  const { versions, limits } = state;
  const isOver = (share: number, dropped: number): boolean =>
    versions.length - dropped > share * limits.versionsMax ||
    state.changeCount > share * limits.changesMax ||
    state.historyBytes > share * limits.bytesMax;
  if (!isOver(1, 0)) return;
  let dropped = 0;
  while (dropped < versions.length && isOver(0.8, dropped)) {
    dropVersion(state, versions[dropped]);
    state.oldestRevision = versions[dropped]?.revision ?? state.oldestRevision;
    state.oldestMs = versions[dropped]?.nowMs ?? state.oldestMs;
    dropped += 1;
  }
  state.versions = versions.slice(dropped);
}

/** The place of the first version after the revision. */
function placeAfter({ versions }: KeyValues, revision: number): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((versions[middle]?.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Log time at a revision that is still kept, as far as it decides what could be seen: exact where
 * something was past its end and not yet removed, else at most what it was.
 */
export const timeOf = (state: KeyValues, revision: number): number =>
  state.versions[placeAfter(state, revision) - 1]?.nowMs ?? state.oldestMs;

/** One key as it was at a revision that is still kept. */
export function recordAt(
  state: KeyValues,
  key: ByteString,
  revision: number,
): KeyRecord | undefined {
  const nowMs = timeOf(state, revision);
  for (const { changes } of state.versions.slice(placeAfter(state, revision))) {
    const change = changes.find(item => item.key === key);
    if (change !== undefined) return ifAlive(change.before, nowMs);
  }
  return keyAt(state.contents, key, nowMs);
}

/** All keys that were there at a revision that is still kept: undoes what came after it. */
export function keysAt(state: KeyValues, revision: number): PersistentMap<KeyRecord> {
  let { keys } = state.contents;
  for (const { changes } of state.versions.slice(placeAfter(state, revision)).reverse()) {
    for (const { key, before } of changes) {
      keys = before === undefined ? keys.without(key) : keys.with(key, before);
    }
  }
  return keys;
}

/** The versions after a revision, at most `limit`; undefined when some are forgotten. */
export function versionsAfter(
  state: KeyValues,
  revision: number,
  limit: number,
): readonly Version[] | undefined {
  if (revision < state.oldestRevision) return undefined;
  const from = placeAfter(state, revision);
  return state.versions.slice(from, from + limit);
}
