import type { ByteString } from '../../codec/byte-string.ts';
import type { Draft } from '../draft.ts';
import { detached, moved } from './attached.ts';
import { appended, type Change, linkAfter } from './history.ts';
import { internedType } from './item.ts';
import type { KeyRecord, Link, Tombstone, Version } from './record.ts';
import { ascending, keysSlot, newestRevision, trimmed } from './state.ts';

/*
 * All that a transaction changes makes one revision. The keys change at once, so that its next
 * operation sees them; history gets the changes when everything has passed, each key once.
 */

type Notes = { readonly changes: Map<ByteString, Change> };

/** The revision of what the transaction has changed; the newest one as long as it has nothing. */
export function revisionNow(draft: Draft): number {
  const { changes } = draft.notes<Notes>(keysSlot, begun);
  return newestRevision(draft.before(keysSlot)) + (changes.size > 0 ? 1 : 0);
}

const begun = (): Notes => ({ changes: new Map() });

/** Notes that a key changes, and tells how what it becomes is linked to what it is. */
function touch(draft: Draft, key: ByteString, now: Version | undefined, isDelete: boolean): Link {
  const { changes } = draft.notes<Notes>(keysSlot, begun);
  const noted = changes.get(key);
  if (noted !== undefined && now !== undefined) {
    changes.set(key, { ...noted, isDelete });
    return now;
  }
  const { history } = draft.get(keysSlot);
  const place = history.changes.end + changes.size;
  const modRevision = newestRevision(draft.before(keysSlot)) + 1;
  if (changes.size === 0) draft.finally(() => seal(draft));
  changes.set(key, { key, before: now, isDelete });
  return linkAfter(history, now, { modRevision, place });
}

function seal(draft: Draft): void {
  const { changes } = draft.notes<Notes>(keysSlot, begun);
  const state = draft.get(keysSlot);
  const history = appended(state.history, draft.at.nowMs, changes.values());
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

/** Removes keys that are there; they ascend. */
export function erase(draft: Draft, gone: readonly (readonly [ByteString, KeyRecord])[]): void {
  const stones = gone.map(([key, record]): readonly [ByteString, Tombstone] => {
    const { modRevision, place, jump, depth } = touch(draft, key, record, true);
    return [key, { value: undefined, modRevision, place, jump, depth }];
  });
  const state = draft.get(keysSlot);
  draft.set(keysSlot, {
    ...state,
    keys: state.keys.withoutAll(gone.map(([key]) => key)),
    deleted: state.deleted.withAll(stones),
    attached: detached(state.attached, gone),
  });
}

/** The records under these keys, in their order. */
export function recordsOf(
  draft: Draft,
  keys: Iterable<ByteString>,
): (readonly [ByteString, KeyRecord])[] {
  const state = draft.get(keysSlot);
  const found: (readonly [ByteString, KeyRecord])[] = [];
  for (const key of keys) {
    const record = state.keys.get(key);
    if (record !== undefined) found.push([key, record]);
  }
  return found.sort(([a], [b]) => ascending(a, b));
}
