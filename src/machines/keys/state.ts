import type { ByteString } from '../../codec/byte-string.ts';
import { mebibyte } from '../../words.ts';
import type { Slot } from '../draft.ts';
import { PersistentMap } from '../persistent-map.ts';
import { type Attached, nothingAttached } from './attached.ts';
import {
  cut,
  cutFor,
  type History,
  type HistoryLimits,
  noHistory,
  oldestOf,
  revisionOf,
} from './history.ts';
import type { KeyRecord, Tombstone } from './record.ts';

/** The keys as they are, and their past as far as it is kept. */
export type KeysState = {
  readonly keys: PersistentMap<KeyRecord>;
  /** Keys that are gone, as long as a revision can be read at which they were there. */
  readonly deleted: PersistentMap<Tombstone>;
  readonly history: History;
  readonly limits: HistoryLimits;
  readonly attached: Attached;
};

/**
 * Enough for whoever pages through a list or has lost its connection for a while, and what it takes
 * is small beside a million keys. A leader's file may say otherwise.
 */
export const usualLimits: HistoryLimits = {
  setsMax: 100_000,
  bytesMax: 64 * mebibyte,
  ageMs: 0,
};

export const keysSlot: Slot<KeysState, 'keys'> = {
  name: 'keys',
  create: () => ({
    keys: PersistentMap.empty(),
    deleted: PersistentMap.empty(),
    history: noHistory,
    limits: usualLimits,
    attached: nothingAttached,
  }),
};

export const newestRevision = ({ history }: KeysState): number => revisionOf(history);
export const oldestRevision = ({ history }: KeysState): number => oldestOf(history);

/** With no more of the past than from a revision on. */
export function compacted(state: KeysState, oldest: number): KeysState {
  if (oldest <= oldestRevision(state)) return state;
  const { history, deletes } = cut(state.history, oldest);
  const gone = deletes
    .filter(([key, place]) => state.deleted.get(key)?.place === place)
    .map(([key]) => key)
    .sort(ascending);
  return { ...state, history, deleted: state.deleted.withoutAll(gone) };
}

/** Without what is beyond its limits. */
export function trimmed(state: KeysState): KeysState {
  const oldest = cutFor(state.history, state.limits);
  return oldest === undefined ? state : compacted(state, oldest);
}

export const ascending = (a: ByteString, b: ByteString): number => (a < b ? -1 : 1);
