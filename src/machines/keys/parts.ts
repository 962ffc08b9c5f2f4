import type { ByteReader } from '../../codec/byte-reader.ts';
import type { ByteString } from '../../codec/byte-string.ts';
import type { ByteWriter } from '../../codec/byte-writer.ts';
import type { Shape, ValueOf } from '../../codec/shape.ts';
import { byteString, count, fields, flag, float, oneOf, optional } from '../../codec/shapes.ts';
import { derived, kept, keptAsOne } from '../machine.ts';
import { PersistentMap } from '../persistent-map.ts';
import { Sequence } from '../sequence.ts';
import { attachedOf } from './attached.ts';
import {
  appended,
  type Change,
  type ChangeSet,
  type History,
  oldestOf,
  placesOf,
} from './history.ts';
import { internedType, typeShape } from './item.ts';
import { isRecord, type KeyRecord, type Tombstone } from './record.ts';
import { type KeysState, usualLimits } from './state.ts';

const keyShape = byteString();

/** By hand, for a snapshot has a million of them. */
const recordShape: Shape<KeyRecord> = {
  write: (writer: ByteWriter, record: KeyRecord): void => {
    keyShape.write(writer, record.value);
    typeShape.write(writer, record.type);
    writer.count(record.version);
    writer.count(record.createRevision);
    writer.count(record.modRevision);
    writer.count(record.lease);
    writer.count(record.token);
    writer.count(record.place);
    writer.count(record.jump);
    writer.count(record.depth);
  },
  read: (reader: ByteReader): KeyRecord => ({
    value: keyShape.read(reader),
    type: internedType(typeShape.read(reader)),
    version: reader.count(),
    createRevision: reader.count(),
    modRevision: reader.count(),
    lease: reader.count(),
    token: reader.count(),
    place: reader.count(),
    jump: reader.count(),
    depth: reader.count(),
  }),
};

const link = { modRevision: count(), place: count(), jump: count(), depth: count() };
const tombstoneShape: Shape<Tombstone> = {
  write: (writer, stone) => fields(link).write(writer, stone),
  read: reader => ({ value: undefined, ...fields(link).read(reader) }),
};

const keys = kept({
  row: fields({ key: keyShape, record: recordShape }),
  capture: (keys: PersistentMap<KeyRecord>) => rowsOf(keys, 'record'),
  restore: rows => mapOf(rows, ({ record }) => record),
});

const deleted = kept({
  row: fields({ key: keyShape, stone: tombstoneShape }),
  capture: (deleted: PersistentMap<Tombstone>) => rowsOf(deleted, 'stone'),
  restore: rows => mapOf(rows, ({ stone }) => stone),
});

type Row<Name extends string, Value> = { readonly key: ByteString } & Readonly<Record<Name, Value>>;

function* rowsOf<Name extends string, Value extends object>(
  map: PersistentMap<Value>,
  name: Name,
): Generator<Row<Name, Value>> {
  for (const [key, value] of map.entries()) {
    yield { key: key as ByteString, [name]: value } as unknown as Row<Name, Value>;
  }
}

function mapOf<Row extends { readonly key: ByteString }, Value extends object>(
  rows: readonly Row[],
  pick: (row: Row) => Value,
): PersistentMap<Value> {
  function* entries(): Generator<readonly [string, Value]> {
    for (const row of rows) yield [row.key, pick(row)];
  }
  return PersistentMap.fromSorted(entries());
}

/** Where history begins; then its change sets, each in front of its changes. */
type HistoryRow =
  | { readonly is: 'start'; readonly oldest: number; readonly place: number }
  | { readonly is: 'set'; readonly nowMs: number }
  | ({ readonly is: 'change' } & ValueOf<typeof changeShape>);

const changeShape = fields({
  key: keyShape,
  record: optional(recordShape),
  stone: optional(tombstoneShape),
  isDelete: flag,
});

const historyRow = oneOf<HistoryRow>('is', {
  start: { code: 1, shape: fields({ oldest: count(), place: count() }) },
  set: { code: 2, shape: fields({ nowMs: float }) },
  change: { code: 3, shape: changeShape },
});

function* historyRows(history: History): Generator<HistoryRow> {
  const { sets, changes } = history;
  yield { is: 'start', oldest: oldestOf(history), place: changes.first };
  let revision = sets.first;
  for (const { nowMs } of sets.items()) {
    yield { is: 'set', nowMs };
    const { from, end } = placesOf(history, revision);
    for (let place = from; place < end; place += 1) {
      const change = changes.get(place);
      if (change !== undefined) yield changeRow(change);
    }
    revision += 1;
  }
}

function changeRow({ key, before, isDelete }: Change): HistoryRow {
  const record = isRecord(before) ? before : undefined;
  const stone = before === undefined || isRecord(before) ? undefined : before;
  return { is: 'change', key, record, stone, isDelete };
}

function historyOf(rows: readonly HistoryRow[]): History {
  let history: History = emptyHistory({ oldest: 0, place: 0 });
  let nowMs: number | undefined;
  let made: Change[] = [];
  const close = (): void => {
    if (nowMs !== undefined) history = appended(history, nowMs, made);
    made = [];
  };
  for (const row of rows) {
    if (row.is === 'start') history = emptyHistory(row);
    else if (row.is === 'set') {
      close();
      nowMs = row.nowMs;
    } else {
      const { key, record, stone, isDelete } = row;
      made.push({ key, before: record ?? stone, isDelete });
    }
  }
  close();
  return history;
}

/** Without a past; the next change set is the one behind `oldest`. */
export const emptyHistory = ({
  oldest,
  place,
}: {
  readonly oldest: number;
  readonly place: number;
}): History => ({
  sets: Sequence.emptyAt<ChangeSet>(oldest + 1),
  changes: Sequence.emptyAt<Change>(place),
  bytes: 0,
});

const history = kept({ row: historyRow, capture: historyRows, restore: historyOf });

const limits = keptAsOne(
  fields({ setsMax: count({ min: 1 }), bytesMax: count({ min: 1 }), ageMs: count() }),
  usualLimits,
);

export const parts = {
  keys,
  deleted,
  history,
  limits,
  attached: derived((state: KeysState) => attachedOf(state.keys)),
};
