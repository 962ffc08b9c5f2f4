import { flag, optional } from '../../codec/shapes.ts';
import { changesOf, type QueryView } from '../machine.ts';
import { type Change, placesOf, versionAt } from './history.ts';
import { boundShape, type Item, itemOf, itemShape, keyShape, revisionShape } from './item.ts';
import { demandKept, ttlOf } from './read-range.ts';
import { isRecord, type KeyRecord } from './record.ts';
import { isWithin, type KeyRange, rangeOf } from './reserved.ts';
import { type KeysState, newestRevision } from './state.ts';

/** Changes that one call looks at: there may be none that the watcher wants. */
const lookedAtMax = 20_000;

type Wants = {
  readonly puts: boolean;
  readonly deletes: boolean;
  readonly withPrevious: boolean;
};
type Told = {
  readonly key: Change['key'];
  readonly revision: number;
  readonly item: Item | undefined;
  readonly previous: Item | undefined;
};

/** Changes of keys. A place is a revision: all of it is told, or nothing. */
export const changes = changesOf({
  takes: { start: boundShape, end: boundShape, puts: flag, deletes: flag, withPrevious: flag },
  gives: {
    key: keyShape,
    revision: revisionShape,
    /** Left out when the key is gone. */
    item: optional(itemShape),
    previous: optional(itemShape),
  },
  place: newestRevision,
  after: (state: KeysState, { place, maxBytes }, filter, view) => {
    if (place < newestRevision(state)) demandKept(state, place);
    const within = rangeOf(filter);
    const told: Told[] = [];
    let bytes = 0;
    let looked = 0;
    let through = place;
    while (through < newestRevision(state) && bytes < maxBytes && looked < lookedAtMax) {
      through += 1;
      const { from, end } = placesOf(state.history, through);
      looked += end - from;
      for (const change of wanted(state, { from, end }, within, filter)) {
        const one = toldOf(state, change, through, filter, view);
        told.push(one);
        bytes += one.key.length + (one.item?.bytes ?? 0) + (one.previous?.bytes ?? 0);
      }
    }
    return { changes: told, through };
  },
});

function* wanted(
  { history }: KeysState,
  { from, end }: { readonly from: number; readonly end: number },
  within: KeyRange,
  { puts, deletes }: Wants,
): Generator<Change> {
  for (let place = from; place < end; place += 1) {
    const change = history.changes.get(place);
    if (change === undefined || !isWithin(within, change.key)) continue;
    // What one transaction has made and removed again nobody has seen.
    if (change.isDelete ? deletes && isRecord(change.before) : puts) yield change;
  }
}

function toldOf(
  { keys, deleted, history }: KeysState,
  { key, before }: Change,
  revision: number,
  { withPrevious }: Wants,
  view: QueryView,
): Told {
  const newest = keys.get(key) ?? deleted.get(key);
  const version = versionAt(history, newest, revision);
  const item = (record: KeyRecord): Item =>
    itemOf(key, record, { withValue: true, ttlMs: ttlOf(record, view) });
  return {
    key,
    revision,
    item: isRecord(version) ? item(version) : undefined,
    previous: withPrevious && isRecord(before) ? item(before) : undefined,
  };
}
