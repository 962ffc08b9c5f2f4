import type { ByteString } from './byte-string.ts';
import { PersistentMap } from './persistent-map.ts';

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

/** The keys as they were from this revision on, until the next version. */
export type Version = {
  readonly revision: number;
  readonly keys: PersistentMap<KeyRecord>;
  /** What this revision has changed; nothing in the oldest version, which is a place to stand. */
  readonly changed: readonly ByteString[];
  readonly bytes: number;
};

export type HistoryLimits = { readonly versionsMax: number; readonly bytesMax: number };

/**
 * The key-value store: the newest contents, and as much of their past as is kept.
 *
 * Time is the log's: it passes between two commands of one leader by that leader's clock, and not
 * at all between two leaders. So it never jumps, and what expires, expires rather late than early.
 */
export type KeyValues = {
  readonly limits: HistoryLimits;
  contents: Contents;
  /** Oldest first; the last one has the keys of `contents`. */
  versions: Version[];
  historyBytes: number;
  clock: { readonly nowMs: number; readonly term: number; readonly wallMs: number };
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
    versions: [{ revision: 0, keys: contents.keys, changed: [], bytes: 0 }],
    historyBytes: 0,
    clock: { nowMs: 0, term: 0, wallMs: 0 },
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

/** Lets the time pass up to a command, by the leader's clock. */
export function advanceClock(
  state: KeyValues,
  { term, wallMs }: { readonly term: number; readonly wallMs: number },
): void {
  const { clock } = state;
  const passedMs = term === clock.term ? Math.max(0, wallMs - clock.wallMs) : 0;
  state.clock = { nowMs: clock.nowMs + passedMs, term, wallMs };
}

const deadlineKey = (atMs: number, kind: 'key' | 'lock', name: string): string =>
  `${Math.ceil(atMs).toString(16).padStart(14, '0')}${kind}${name}`;

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
  return first === undefined ? undefined : Number.parseInt(first[0].slice(0, 14), 16);
}

/** The contents without what has expired by now, and the keys among that. */
export function expired(
  contents: Contents,
  nowMs: number,
): { readonly contents: Contents; readonly keys: readonly ByteString[] } {
  let rest = contents;
  const keys: ByteString[] = [];
  for (const [at, deadline] of contents.deadlines.entries()) {
    if (Number.parseInt(at.slice(0, 14), 16) > nowMs) break;
    if ('key' in deadline) {
      rest = withRecord(rest, deadline.key, undefined);
      keys.push(deadline.key);
    } else rest = withLock(rest, deadline.lock, undefined);
  }
  return { contents: rest, keys };
}

/** Makes the contents those of a revision, and forgets what is too old. */
export function commitContents(
  state: KeyValues,
  revision: number,
  contents: Contents,
  changed: readonly ByteString[],
): void {
  state.contents = contents;
  if (changed.length === 0) return;
  const bytes = changed.reduce(
    (sum, key) => sum + key.length + (contents.keys.get(key)?.value.length ?? 0),
    0,
  );
  const last = state.versions.at(-1);
  // What has expired at this very revision is part of the same change.
  const earlier = last?.revision === revision ? last : undefined;
  if (earlier !== undefined) state.versions.pop();
  state.versions.push({
    revision,
    keys: contents.keys,
    changed: [...new Set([...(earlier?.changed ?? []), ...changed])],
    bytes: bytes + (earlier?.bytes ?? 0),
  });
  state.historyBytes += bytes;
  forgetOldVersions(state);
}

/** In larger pieces, so that it costs nothing per write. The oldest version loses its changes. */
function forgetOldVersions(state: KeyValues): void {
  const { versions, limits } = state;
  const isOver =
    versions.length > 1.25 * limits.versionsMax || state.historyBytes > limits.bytesMax;
  if (!isOver) return;
  let dropped = 0;
  let bytes = state.historyBytes;
  while (dropped < versions.length - 1) {
    const isLong = versions.length - dropped > limits.versionsMax;
    if (!isLong && bytes <= 0.75 * limits.bytesMax) break;
    dropped += 1;
    bytes -= versions[dropped]?.bytes ?? 0;
  }
  const [base, ...rest] = versions.slice(dropped);
  if (base === undefined) return;
  state.versions = [{ ...base, changed: [], bytes: 0 }, ...rest];
  state.historyBytes = bytes;
}

/** The oldest revision that can still be read; changes are known from the one after it. */
export const oldestRevision = ({ versions }: KeyValues): number => versions[0]?.revision ?? 0;

/** The place of the last version at or before the revision; -1 when that is forgotten. */
function placeOf({ versions }: KeyValues, revision: number): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((versions[middle]?.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The keys as they were at a revision; undefined when that is forgotten. */
export const keysAt = (state: KeyValues, revision: number): PersistentMap<KeyRecord> | undefined =>
  state.versions[placeOf(state, revision)]?.keys;

/** The versions after a revision, at most `limit`; undefined when some are forgotten. */
export function versionsAfter(
  state: KeyValues,
  revision: number,
  limit: number,
): readonly Version[] | undefined {
  if (revision < oldestRevision(state)) return undefined;
  const from = placeOf(state, revision) + 1;
  return state.versions.slice(from, from + limit);
}
