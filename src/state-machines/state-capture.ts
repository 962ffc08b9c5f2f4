import type { ByteString } from './byte-string.ts';
import type { Use } from './idempotency-keys.ts';
import type { Checkpoint } from './journal.ts';
import {
  addVersion,
  type KeyRecord,
  type Lock,
  restoreContents,
  type Version,
} from './key-values.ts';
import type { LogClock } from './log-clock.ts';
import { PersistentMap } from './persistent-map.ts';
import {
  createReplicatedState,
  type ReplicatedState,
  type StateLimits,
} from './replicated-state.ts';
import type { Placement, Result } from './result.ts';
import { addAnswer, type Session } from './sessions.ts';

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
/** Older ones are dated by the stamp of their entry. */
type OldUse = Omit<Use, 'atMs'> & { readonly wallMs: number };
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
    }
  | { readonly t: 'session'; readonly id: number; readonly floor: number }
  | { readonly t: 'answers'; readonly items: readonly (readonly [number, Result])[] }
  | { readonly t: 'uses'; readonly items: readonly (readonly [string, Use | OldUse])[] }
  | { readonly t: 'batches'; readonly items: readonly (readonly [string, Placement])[] }
  | { readonly t: 'checkpoints'; readonly items: readonly Checkpoint[] }
  | { readonly t: 'withoutEffect' | 'failureTaken'; readonly items: readonly number[] }
  | { readonly t: 'keys'; readonly items: readonly KeyRow[] }
  | { readonly t: 'locks'; readonly items: readonly (readonly [string, Lock])[] }
  /** Newest first: each undoes its revision. */
  | {
      readonly t: 'version';
      readonly revision: number;
      readonly changes: readonly Change[];
    };

const itemsPerRecord = 500;
const bytesPerRecord = 64 * 1024;

/** Takes hold of the state as it is now; the records may be read at any time later. */
export function captureState(state: ReplicatedState): Iterable<StateRecord> {
  const { sessions, keys, journal, keyValues, appliedIndex, clock } = state;
  const { contents, oldestRevision } = keyValues;
  const versions = [...keyValues.versions];
  const heldSessions = [...sessions.byId].map(([id, { floor, answers }]) => ({
    id,
    floor,
    answers: [...answers],
  }));
  const lists = [
    { t: 'uses', items: keys.uses.entries() },
    { t: 'batches', items: journal.byBatchId.entries() },
    { t: 'checkpoints', items: [...journal.checkpoints] },
    { t: 'withoutEffect', items: [...journal.withoutEffect] },
    { t: 'failureTaken', items: [...journal.failureTaken] },
    { t: 'locks', items: [...contents.locks.entries()] },
  ];
  const { lastSeq, batchCount } = journal;
  return (function* records(): Generator<StateRecord> {
    yield { t: 'head', appliedIndex, clock, lastSeq, batchCount, oldestRevision };
    for (const { id, floor, answers } of heldSessions) {
      yield { t: 'session', id, floor };
      for (const items of inPieces(answers)) yield { t: 'answers', items };
    }
    for (const { t, items } of lists) {
      for (const piece of inPieces<unknown>(items)) yield { t, items: piece } as StateRecord;
    }
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
  for (const { revision, changes } of versions.toReversed()) {
    const undone = changes.map(
      ({ key, before }): Change => [key, before === undefined ? null : rowOf(key, before)],
    );
    yield { t: 'version', revision, changes: undone };
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

function datedUse(use: Use | OldUse, { nowMs, wallMs }: LogClock): Use {
  if ('atMs' in use) return use;
  const { wallMs: usedAtWallMs, ...rest } = use;
  return { ...rest, atMs: nowMs - Math.max(0, wallMs - usedAtWallMs) };
}

type ListRecord = 'uses' | 'batches' | 'checkpoints' | 'withoutEffect' | 'failureTaken';

/** Builds a state from the records of another one, in their order. */
export class StateBuilder {
  readonly #state: ReplicatedState;
  readonly #keys: (readonly [string, KeyRecord])[] = [];
  readonly #locks: (readonly [string, Lock])[] = [];
  readonly #versions: Extract<StateRecord, { t: 'version' }>[] = [];
  #session: Session | undefined;

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
        for (const [key, use] of record.items) keys.uses.set(key, datedUse(use, this.#state.clock));
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

  /** The state, once all records were added. */
  finish(): ReplicatedState {
    const { keyValues } = this.#state;
    const locks = PersistentMap.fromSorted(this.#locks);
    keyValues.contents = restoreContents(PersistentMap.fromSorted(this.#keys), locks);
    for (const { revision, changes } of this.#restoreVersions(keyValues.contents.keys)) {
      addVersion(keyValues, revision, changes);
    }
    return this.#state;
  }

  #begin(head: Extract<StateRecord, { t: 'head' }>): void {
    this.#state.appliedIndex = head.appliedIndex;
    this.#state.journal.lastSeq = head.lastSeq;
    this.#state.journal.batchCount = head.batchCount;
    this.#state.clock = head.clock;
    this.#state.keyValues.oldestRevision = head.oldestRevision;
  }

  /** What a version has made of a key is what the next one found, or what is there now. */
  #restoreVersions(newest: PersistentMap<KeyRecord>): Omit<Version, 'bytes'>[] {
    const found = new Map<string, KeyRecord | undefined>();
    const versions = this.#versions.map(({ revision, changes }) => ({
      revision,
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
