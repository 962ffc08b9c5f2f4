import type { Draft } from '../draft.ts';
import { machine } from '../machine.ts';
import { PersistentMap } from '../persistent-map.ts';
import { eraseOfLease } from './change.ts';
import { createRevision, lease, modRevision, value, version } from './conditions.ts';
import { revisionBefore } from './history.ts';
import { acquire, guard, leave, passOn, release, renew, tokenIs } from './locks.ts';
import { add, compact, limit, put, range, remove } from './operations.ts';
import { emptyHistory, parts } from './parts.ts';
import { attached, lock, locks } from './read-locks.ts';
import { range as readRange } from './read-range.ts';
import {
  allLocks,
  allWaiters,
  firstOfPeople,
  isLockKey,
  isReserved,
  lockName,
} from './reserved.ts';
import { compacted, type KeysState, keysSlot, newestRevision, oldestRevision } from './state.ts';
import { changes } from './watching.ts';

/** Keys and what stands under them, now and as far back as it is kept. */
export const keys = machine(keysSlot, {
  code: 2,
  since: 1,
  operations: {
    put,
    delete: remove,
    range,
    add,
    compact,
    limit,
    acquire,
    renew,
    release,
    leave,
    guard,
  },
  conditions: { version, createRevision, modRevision, lease, value, token: tokenIs },
  queries: { range: readRange, lock, locks, attached },
  due: {
    nextMs: ({ history, limits }: KeysState) => {
      const oldest = history.sets.get(history.sets.first);
      if (limits.ageMs === 0 || oldest === undefined) return undefined;
      // In larger pieces: nothing is kept for more than a quarter longer.
      return oldest.nowMs + 1.25 * limits.ageMs;
    },
    end: draft => {
      const state = draft.get(keysSlot);
      const oldest = revisionBefore(state.history, draft.at.nowMs - state.limits.ageMs);
      if (oldest === undefined) return 0;
      draft.set(keysSlot, compacted(state, oldest));
      return 1;
    },
  },
  leaseEnded: dropAttached,
  parts,
  changes,
  raised: (state, floor) => {
    const oldest = Math.max(newestRevision(state), floor);
    const place = state.history.changes.end;
    return { ...state, deleted: PersistentMap.empty(), history: emptyHistory({ oldest, place }) };
  },
  figures: state => ({
    keys: state.keys.count(firstOfPeople),
    revision: newestRevision(state),
    oldestRevision: oldestRevision(state),
    historyBytes: state.history.bytes,
    changeSets: state.history.sets.length,
    locks: state.keys.count(allLocks.start, allLocks.end),
    waiters: state.keys.count(allWaiters.start, allWaiters.end),
  }),
});

function dropAttached(draft: Draft, lease: number): void {
  const gone = eraseOfLease(draft, lease);
  for (const [key] of gone) {
    if (!isReserved(key)) break;
    if (isLockKey(key)) passOn(draft, lockName(key));
  }
}
