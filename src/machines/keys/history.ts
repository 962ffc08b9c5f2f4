import type { ByteString } from '../../codec/byte-string.ts';
import { Sequence } from '../sequence.ts';
import type { Link, Version } from './record.ts';

/** What one change set has made of one key. */
export type Change = {
  readonly key: ByteString;
  /** What was there before: a record, that there was none any more, or nothing that is known. */
  readonly before: Version | undefined;
  /** Nothing stands under the key afterwards. */
  readonly isDelete: boolean;
};

/** All that one transaction has changed, or the end of some leases. */
export type ChangeSet = {
  /** Log time then. */
  readonly nowMs: number;
  /** The place behind its last change. */
  readonly end: number;
};

/** The newest change sets: with them the versions of before are found, and watchers are told. */
export type History = {
  /** By revision. */
  readonly sets: Sequence<ChangeSet>;
  /** Their changes, one behind the other. */
  readonly changes: Sequence<Change>;
  /** What it takes in memory, about. */
  readonly bytes: number;
};

export const noHistory: History = {
  sets: Sequence.emptyAt(1),
  changes: Sequence.emptyAt(0),
  bytes: 0,
};

/** The newest revision; 0 before the first. */
export const revisionOf = ({ sets }: History): number => sets.end - 1;

/** The oldest revision that can be read: all sets behind it are there. */
export const oldestOf = ({ sets }: History): number => sets.first - 1;

/** What a change, and a change set, keep in memory beside keys and values, about. */
const changeOverheadBytes = 200;
const setOverheadBytes = 64;

const bytesOf = ({ key, before }: Change): number =>
  key.length + (before?.value?.length ?? 0) + changeOverheadBytes;

/** With the changes of the next revision. */
export function appended(
  { sets, changes, bytes }: History,
  nowMs: number,
  made: Iterable<Change>,
): History {
  let all = changes;
  let sum = bytes + setOverheadBytes;
  for (const change of made) {
    all = all.with(change);
    sum += bytesOf(change);
  }
  return { sets: sets.with({ nowMs, end: all.end }), changes: all, bytes: sum };
}

/** The places of the changes of a revision that is kept. */
export const placesOf = (
  { sets, changes }: History,
  revision: number,
): { readonly from: number; readonly end: number } => ({
  from: sets.get(revision - 1)?.end ?? changes.first,
  end: sets.get(revision)?.end ?? changes.end,
});

/** How the next version of a key is linked to what was there before it. */
export function linkAfter(
  history: History,
  before: Version | undefined,
  { modRevision, place }: { readonly modRevision: number; readonly place: number },
): Link {
  if (before === undefined) return { modRevision, place, jump: place, depth: 0 };
  const depth = before.depth + 1;
  if (depth === 1) return { modRevision, place, jump: place, depth };
  const far = jumped(history, before);
  const farther = far && jumped(history, far);
  if (far === undefined || farther === undefined) return { modRevision, place, jump: place, depth };
  // Two jumps of one length behind each other: the next one takes both.
  const isPair = before.depth - far.depth === far.depth - farther.depth;
  return { modRevision, place, jump: isPair ? far.jump : place, depth };
}

const jumped = ({ changes }: History, { jump }: Version): Version | undefined =>
  changes.get(jump)?.before;

/** What a key was at a revision that is kept, from its newest version. In O(log n). */
export function versionAt(
  history: History,
  newest: Version | undefined,
  revision: number,
): Version | undefined {
  let version = newest;
  while (version !== undefined && version.modRevision > revision) {
    const far = jumped(history, version);
    const isTooNew = far !== undefined && far.modRevision > revision;
    version = isTooNew ? far : history.changes.get(version.place)?.before;
  }
  return version;
}

export type HistoryLimits = {
  readonly setsMax: number;
  readonly bytesMax: number;
  /** By the clock of the log; 0: none is too old. */
  readonly ageMs: number;
};

/** What a large history is cut to: in larger pieces it costs next to nothing per write. */
const sharePerCut = 0.8;

/** The revision that history is to be cut to, if there is too much of it. The newest set stays. */
export function cutFor(history: History, { setsMax, bytesMax }: HistoryLimits): number | undefined {
  const { sets, changes } = history;
  if (sets.length <= setsMax && history.bytes <= bytesMax) return undefined;
  let { bytes } = history;
  let revision = sets.first;
  let place = changes.first;
  while (revision < sets.end - 1) {
    const isOver = sets.end - revision > sharePerCut * setsMax || bytes > sharePerCut * bytesMax;
    if (!isOver) break;
    const { end } = placesOf(history, revision);
    for (; place < end; place += 1) bytes -= sizeAt(changes, place);
    bytes -= setOverheadBytes;
    revision += 1;
  }
  return revision - 1;
}

function sizeAt(changes: Sequence<Change>, place: number): number {
  const change = changes.get(place);
  return change === undefined ? 0 : bytesOf(change);
}

/** Without the sets up to a revision, which is the oldest then; and the keys that they deleted. */
export function cut(
  history: History,
  oldest: number,
): { readonly history: History; readonly deletes: readonly (readonly [ByteString, number])[] } {
  const { sets, changes } = history;
  const { end } = placesOf(history, oldest);
  const deletes: (readonly [ByteString, number])[] = [];
  let bytes = history.bytes - setOverheadBytes * (oldest + 1 - sets.first);
  for (let place = changes.first; place < end; place += 1) {
    const change = changes.get(place);
    if (change?.isDelete) deletes.push([change.key, place]);
    bytes -= sizeAt(changes, place);
  }
  const rest = { sets: sets.from(oldest + 1), changes: changes.from(end), bytes };
  return { history: rest, deletes };
}

/** The newest revision that is at least so old, if one is. */
export function revisionBefore({ sets }: History, nowMs: number): number | undefined {
  let revision = sets.first - 1;
  for (const set of sets.items()) {
    if (set.nowMs > nowMs) break;
    revision += 1;
  }
  return revision < sets.first ? undefined : revision;
}
