import type { ByteString } from '../../codec/byte-string.ts';
import type { Draft } from '../draft.ts';
import { allOfLease, detached, moved, withoutLease } from './attached.ts';
import { appended, type Change, linkAfter } from './history.ts';
import { internedType } from './item.ts';
import type { KeyRecord, Link, Tombstone, Version } from './record.ts';
import { type KeysState, keysSlot, newestRevision, trimmed } from './state.ts';

/*
 * All that a transaction changes makes one revision. The keys change at once, so that its next
 * operation sees them; history gets the changes when everything has passed, each key once.
 */

type Notes = {
  /** What this transaction makes, if it changes anything. */
  readonly revision: number;
  /** The place of the first of its changes. */
  readonly firstPlace: number;
  readonly changes: Change[];
  /** Keys that it has looked at without having named them. */
  looked: number;
};

function notesOf(draft: Draft): Notes {
  return draft.notes<Notes>(keysSlot, () => {
    const before = draft.before(keysSlot);
    const firstPlace = before.history.changes.end;
    return { revision: newestRevision(before) + 1, firstPlace, changes: [], looked: 0 };
  });
}

/** The revision of what the transaction has changed; the newest one as long as it has nothing. */
export function revisionNow(draft: Draft): number {
  const { revision, changes } = notesOf(draft);
  return changes.length > 0 ? revision : revision - 1;
}

/** Keys that a transaction may look through or delete: all servers stand still meanwhile. */
export const lookedAtMax = 100_000;

/** Counts keys that the transaction looks at. */
export function look(draft: Draft, count: number): void {
  const notes = notesOf(draft);
  notes.looked += count;
  draft.demand(notes.looked <= lookedAtMax, 'rangeTooLarge');
}

/** Notes that a key changes, and tells how what it becomes is linked to what it is. */
function touch(draft: Draft, key: ByteString, now: Version | undefined, isDelete: boolean): Link {
  const { revision, firstPlace, changes } = notesOf(draft);
  if (now?.modRevision === revision) {
    // Changed by this transaction already: what was there before it stays what was there before.
    const noted = changes[now.place - firstPlace];
    if (noted !== undefined) changes[now.place - firstPlace] = { ...noted, isDelete };
    return now;
  }
  const place = firstPlace + changes.length;
  if (changes.length === 0) draft.finally(() => seal(draft));
  changes.push({ key, before: now, isDelete });
  return linkAfter(draft.get(keysSlot).history, now, { modRevision: revision, place });
}

function seal(draft: Draft): void {
  const { changes } = notesOf(draft);
  const state = draft.get(keysSlot);
  const history = appended(state.history, draft.at.nowMs, changes);
  draft.set(keysSlot, trimmed({ ...state, history }));
}

/**
 * Puts a record under a key, under which `known` stands now. What becomes of the lease that it hung
 * on is the caller's affair.
 */
export function write(
  draft: Draft,
  key: ByteString,
  known: KeyRecord | undefined,
  { value, type, lease, token }: Pick<KeyRecord, 'value' | 'type' | 'lease' | 'token'>,
): KeyRecord {
  const state = draft.get(keysSlot);
  const stone = known === undefined ? state.deleted.get(key) : undefined;
  const { modRevision, place, jump, depth } = touch(draft, key, known ?? stone, false);
  const record: KeyRecord = {
    value,
    type: internedType(type),
    version: (known?.version ?? 0) + 1,
    createRevision: known?.createRevision ?? modRevision,
    modRevision,
    lease,
    token,
    place,
    jump,
    depth,
  };
  draft.set(keysSlot, {
    ...state,
    keys: state.keys.with(key, record),
    deleted: stone === undefined ? state.deleted : state.deleted.without(key),
    attached: moved(state.attached, key, { before: known?.lease ?? 0, after: lease }),
  });
  return record;
}

type Gone = readonly (readonly [ByteString, KeyRecord])[];

/** Removes keys that are there; they ascend. */
export function erase(draft: Draft, gone: Gone): void {
  const { keys, attached } = draft.get(keysSlot);
  const rest = keys.withoutAll(gone.map(([key]) => key));
  bury(draft, gone, { keys: rest, attached: detached(attached, gone) });
}

/** Removes all that hangs on a lease, and tells what it was. */
export function eraseOfLease(draft: Draft, lease: number): Gone {
  const { keys, attached } = draft.get(keysSlot);
  const hanging = allOfLease(attached, lease);
  if (hanging.length === 0) return [];
  const { rest, taken } = keys.extract(hanging);
  const gone = taken as Gone;
  bury(draft, gone, { keys: rest, attached: withoutLease(attached, lease) });
  return gone;
}

function bury(draft: Draft, gone: Gone, rest: Pick<KeysState, 'keys' | 'attached'>): void {
  const stones = gone.map(([key, record]): readonly [ByteString, Tombstone] => {
    const { modRevision, place, jump, depth } = touch(draft, key, record, true);
    return [key, { value: undefined, modRevision, place, jump, depth }];
  });
  const state = draft.get(keysSlot);
  draft.set(keysSlot, { ...state, ...rest, deleted: state.deleted.withAll(stones) });
}
