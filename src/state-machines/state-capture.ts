import type { ByteString } from '../codec/byte-string.ts';
import type { LogClock } from '../machines/frame/log-clock.ts';
import { PersistentMap } from '../machines/persistent-map.ts';
import { type IdempotencyKeys, rememberUse } from './idempotency-keys.ts';
import type { Checkpoint } from './journal.ts';
import {
  addVersion,
  type KeyRecord,
  type Lock,
  restoreContents,
  type Version,
} from './key-values.ts';
import {
  createReplicatedState,
  type ReplicatedState,
  type StateLimits,
} from './replicated-state.ts';
import type { Placement, Result } from './result.ts';
import { addAnswer, type Session } from './sessions.ts';
import { bytesOfRecord, type UsePage } from './use-table.ts';

/*
 * The whole state as a sequence of small records, each fit for JSON. What changes later does not
 * change a capture: the keys are a version of their own, and of the rest the lists are copied.
 */

type KeyRow = readonly [
  key: ByteString,
  value: ByteString,
  type: string,
  version: number,
  createRevision: number,
  modRevision: number,
  expiresAtMs: number | null,
];
/** Of version 0.1: dated by the stamp of its entry. */
type OldUse = {
  readonly fingerprint: string;
  readonly placement: Placement;
  readonly wallMs: number;
};
/** A page of idempotency keys; its records as they are, in base64. */
type PageRecord = Omit<UsePage, 'records' | 'names'> & {
  readonly t: 'idempotency';
  readonly records: string;
  readonly names: readonly (readonly [number, string])[];
};
/** What stood under a key before a revision; null: nothing. */
type Change = readonly [key: ByteString, before: KeyRow | null];

export type StateRecord =
  | {
      readonly t: 'head';
      readonly appliedIndex: number;
      readonly clock: LogClock;
      readonly lastSeq: number;
      readonly batchCount: number;
      readonly oldestRevision: number;
      /** Absent in snapshots of version 0.1. */
      readonly oldestMs?: number;
      /** Absent in snapshots of version 0.1. */
      readonly idempotency?: Pick<IdempotencyKeys, 'maxBytes' | 'forgottenAtMs'>;
    }
  | { readonly t: 'session'; readonly id: number; readonly floor: number }
  | { readonly t: 'answers'; readonly items: readonly (readonly [number, Result])[] }
  | { readonly t: 'uses'; readonly items: readonly (readonly [string, OldUse])[] }
  | PageRecord
  | { readonly t: 'batches'; readonly items: readonly (readonly [string, Placement])[] }
  | { readonly t: 'checkpoints'; readonly items: readonly Checkpoint[] }
  | { readonly t: 'withoutEffect' | 'failureTaken'; readonly items: readonly number[] }
  | { readonly t: 'keys'; readonly items: readonly KeyRow[] }
  | { readonly t: 'locks'; readonly items: readonly (readonly [string, Lock])[] }
  /** Newest first: each undoes its revision. */
  | {
      readonly t: 'version';
      readonly revision: number;
      /** Absent in snapshots of version 0.1. */
      readonly nowMs?: number;
      readonly changes: readonly Change[];
    };

const itemsPerRecord = 500;
const bytesPerRecord = 64 * 1024;

/** Takes hold of the state as it is now; the records may be read at any time later. */
export function captureState(state: ReplicatedState): Iterable<StateRecord> {
  const { sessions, keys, journal, keyValues, appliedIndex, clock } = state;
  const { contents, oldestRevision, oldestMs } = keyValues;
  const versions = [...keyValues.versions];
  const heldSessions = [...sessions.byId].map(([id, { floor, answers }]) => ({
    id,
    floor,
    answers: [...answers],
  }));
  const lists = [
    { t: 'batches', items: journal.byBatchId.entries() },
    { t: 'checkpoints', items: [...journal.checkpoints] },
    { t: 'withoutEffect', items: [...journal.withoutEffect] },
    { t: 'failureTaken', items: [...journal.failureTaken] },
    { t: 'locks', items: [...contents.locks.entries()] },
  ];
  const { lastSeq, batchCount } = journal;
  const { maxBytes, forgottenAtMs } = keys;
  const idempotency = { maxBytes, forgottenAtMs };
  const pages = keys.uses.capture();
  return (function* records(): Generator<StateRecord> {
    const past = { oldestRevision, oldestMs };
    yield { t: 'head', appliedIndex, clock, lastSeq, batchCount, ...past, idempotency };
    for (const { id, floor, answers } of heldSessions) {
      yield { t: 'session', id, floor };
      for (const items of inPieces(answers)) yield { t: 'answers', items };
    }
    for (const { t, items } of lists) {
      for (const piece of inPieces<unknown>(items)) yield { t, items: piece } as StateRecord;
    }
    for (const page of pages) yield pageRecord(page);
    yield* keyRecords(contents.keys);
    yield* versionRecords(versions);
  })();
}

function* inPieces<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += itemsPerRecord) {
    yield items.slice(from, from + itemsPerRecord);
  }
}

function* keyRecords(keys: PersistentMap<KeyRecord>): Generator<StateRecord> {
  let items: KeyRow[] = [];
  let bytes = 0;
  for (const [key, record] of keys.entries()) {
    items.push(rowOf(key as ByteString, record));
    bytes += key.length + record.value.length;
    if (items.length < itemsPerRecord && bytes < bytesPerRecord) continue;
    yield { t: 'keys', items };
    items = [];
    bytes = 0;
  }
  if (items.length > 0) yield { t: 'keys', items };
}

function* versionRecords(versions: readonly Version[]): Generator<StateRecord> {
  for (const { revision, nowMs, changes } of versions.toReversed()) {
    const undone = changes.map(
      ({ key, before }): Change => [key, before === undefined ? null : rowOf(key, before)],
    );
    yield { t: 'version', revision, nowMs, changes: undone };
  }
}

const rowOf = (key: ByteString, record: KeyRecord): KeyRow => [
  key,
  record.value,
  record.type,
  record.version,
  record.createRevision,
  record.modRevision,
  record.expiresAtMs ?? null,
];

const recordOf = ([, value, type, version, createRevision, modRevision, expiresAtMs]: KeyRow) => ({
  value,
  type,
  version,
  createRevision,
  modRevision,
  expiresAtMs: expiresAtMs ?? undefined,
});

const pageRecord = ({ records, names, ...page }: UsePage): PageRecord => {
  const bytes = Buffer.from(records.buffer, 0, page.count * bytesOfRecord);
  return { t: 'idempotency', ...page, records: bytes.toString('base64'), names: [...names] };
};

function pageOf({ t: _, records, names, ...page }: PageRecord): UsePage {
  const bytes = new Uint8Array(Buffer.from(records, 'base64'));
  return { ...page, records: new Uint32Array(bytes.buffer), names: new Map(names) };
}

type ListRecord =
  | 'uses'
  | 'idempotency'
  | 'batches'
  | 'checkpoints'
  | 'withoutEffect'
  | 'failureTaken';

/** Builds a state from the records of another one, in their order. */
export class StateBuilder {
  readonly #state: ReplicatedState;
  readonly #keys: (readonly [string, KeyRecord])[] = [];
  readonly #locks: (readonly [string, Lock])[] = [];
  readonly #versions: Extract<StateRecord, { t: 'version' }>[] = [];
  #session: Session | undefined;
  #lastUseMs = Number.NEGATIVE_INFINITY;

  constructor(limits?: StateLimits) {
    this.#state = createReplicatedState(limits);
  }

  add(record: StateRecord): void {
    switch (record.t) {
      case 'head':
        this.#begin(record);
        break;
      case 'session':
      case 'answers':
        this.#addToSessions(record);
        break;
      case 'keys':
        for (const row of record.items) this.#keys.push([row[0], recordOf(row)]);
        break;
      case 'locks':
        for (const item of record.items) this.#locks.push(item);
        break;
      case 'version':
        this.#versions.push(record);
        break;
      default:
        this.#addToLists(record);
    }
  }

  #addToSessions(record: Extract<StateRecord, { t: 'session' | 'answers' }>): void {
    const { sessions } = this.#state;
    if (record.t === 'session') {
      this.#session = { answers: new Map<number, Result>(), floor: record.floor, valueBytes: 0 };
      sessions.byId.set(record.id, this.#session);
      return;
    }
    for (const [sequence, result] of record.items) {
      if (this.#session !== undefined) addAnswer(sessions, this.#session, sequence, result);
    }
  }

  #addToLists(record: Extract<StateRecord, { t: ListRecord }>): void {
    const { keys, journal } = this.#state;
    switch (record.t) {
      case 'uses':
        for (const [key, use] of record.items) this.#addOldUse(key, use);
        break;
      case 'idempotency':
        keys.uses.restore(pageOf(record));
        break;
      case 'batches':
        for (const [id, placement] of record.items) journal.byBatchId.set(id, placement);
        break;
      case 'checkpoints':
        for (const checkpoint of record.items) journal.checkpoints.push(checkpoint);
        break;
      default:
        for (const index of record.items) journal[record.t].push(index);
    }
  }

  #addOldUse(key: string, { fingerprint, placement, wallMs }: OldUse): void {
    const { keys, clock } = this.#state;
    const atMs = clock.nowMs - Math.max(0, clock.wallMs - wallMs);
    this.#lastUseMs = Math.max(this.#lastUseMs, atMs);
    rememberUse(keys, key, fingerprint, placement, this.#lastUseMs);
  }

  /** The state, once all records were added. */
  finish(): ReplicatedState {
    const { keyValues } = this.#state;
    const locks = PersistentMap.fromSorted(this.#locks);
    keyValues.contents = restoreContents(PersistentMap.fromSorted(this.#keys), locks);
    for (const { changes, ...at } of this.#restoreVersions(keyValues.contents.keys)) {
      addVersion(keyValues, at, changes);
    }
    return this.#state;
  }

  #begin(head: Extract<StateRecord, { t: 'head' }>): void {
    this.#state.appliedIndex = head.appliedIndex;
    this.#state.journal.lastSeq = head.lastSeq;
    this.#state.journal.batchCount = head.batchCount;
    this.#state.clock = head.clock;
    Object.assign(this.#state.keys, head.idempotency);
    this.#state.keyValues.oldestRevision = head.oldestRevision;
    this.#state.keyValues.oldestMs = head.oldestMs ?? 0;
  }

  /** What a version has made of a key is what the next one found, or what is there now. */
  #restoreVersions(newest: PersistentMap<KeyRecord>): Omit<Version, 'bytes'>[] {
    const found = new Map<string, KeyRecord | undefined>();
    const versions = this.#versions.map(({ revision, nowMs = 0, changes }) => ({
      revision,
      nowMs,
      changes: changes.map(([key, row]) => {
        const before = row === null ? undefined : recordOf(row);
        const after = found.has(key) ? found.get(key) : newest.get(key);
        found.set(key, before);
        return { key, before, after };
      }),
    }));
    return versions.reverse();
  }
}
