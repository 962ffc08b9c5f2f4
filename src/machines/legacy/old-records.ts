import { MalformedBytes } from '../../codec/byte-reader.ts';
import type { ByteString } from '../../codec/byte-string.ts';
import type { LogClock } from '../frame/log-clock.ts';
import { hashOf } from '../frame/text-hash.ts';
import { PersistentMap } from '../persistent-map.ts';
import type { OldCheckpoint } from './old-journal.ts';
import { type OldLock, type OldRecord, restoreContents } from './old-key-values.ts';
import type { OldPlacement, OldResult } from './old-result.ts';
import { addAnswer, type OldSession } from './old-sessions.ts';
import { createOldState, type OldLimits, type OldState } from './old-state.ts';
import { addOldUse, addPage, type OldUsePage } from './old-uses.ts';

/* Records of the state as they stood in snapshots of format 1 and backups up to format 2. */

const jsonMark = '{'.charCodeAt(0);
const keysBeginning = Buffer.from('{"t":"keys"');

/** Records of today begin with the number of a machine, and none has this one. */
export const isOldRecord = (record: Uint8Array): boolean => record[0] === jsonMark;

const textOf = (record: Uint8Array): string =>
  Buffer.from(record.buffer, record.byteOffset, record.length).toString();

/** A record tells first what it is of: only those of keys are read, the others may be large. */
export function keysInOldRecord(record: Uint8Array): number {
  if (!textOf(record.subarray(0, keysBeginning.length)).startsWith(keysBeginning.toString())) {
    return 0;
  }
  const { items } = JSON.parse(textOf(record)) as { readonly items: readonly unknown[] };
  return items.length;
}

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
type StampedUse = { readonly placement: OldPlacement; readonly wallMs: number };

/** The first record. */
export type OldHead = {
  readonly t: 'head';
  readonly appliedIndex: number;
  readonly clock: LogClock;
  readonly lastSeq: number;
  /** Absent in snapshots of version 0.1. */
  readonly idempotency?: { readonly maxBytes: number; readonly forgottenAtMs?: number };
};

type OldStateRecord =
  | OldHead
  | { readonly t: 'session'; readonly id: number; readonly floor: number }
  | { readonly t: 'answers'; readonly items: readonly (readonly [number, OldResult])[] }
  | { readonly t: 'uses'; readonly items: readonly (readonly [string, StampedUse])[] }
  | ({ readonly t: 'idempotency' } & OldUsePage)
  | { readonly t: 'batches'; readonly items: readonly (readonly [string, OldPlacement])[] }
  | { readonly t: 'checkpoints'; readonly items: readonly OldCheckpoint[] }
  | { readonly t: 'withoutEffect' | 'failureTaken'; readonly items: readonly number[] }
  | { readonly t: 'keys'; readonly items: readonly KeyRow[] }
  | { readonly t: 'locks'; readonly items: readonly (readonly [string, OldLock])[] }
  /** What a revision has changed. Nobody asks for the past any more. */
  | { readonly t: 'version' };

const recordOf = ([, value, type, version, createRevision, modRevision, expiresAtMs]: KeyRow) => ({
  value,
  type,
  version,
  createRevision,
  modRevision,
  expiresAtMs: expiresAtMs ?? undefined,
});

/** Builds a state of before from its records, in their order. */
export class OldStateBuilder {
  readonly #state: OldState;
  readonly #keys: (readonly [string, OldRecord])[] = [];
  readonly #locks: (readonly [string, OldLock])[] = [];
  #session: OldSession | undefined;
  #appliedIndex = 0;
  #lastUseMs = Number.NEGATIVE_INFINITY;

  constructor(limits?: OldLimits) {
    this.#state = createOldState(limits);
  }

  /** Throws MalformedBytes. */
  add(record: Uint8Array): void {
    let parsed: OldStateRecord;
    try {
      parsed = JSON.parse(textOf(record)) as OldStateRecord;
    } catch {
      throw new MalformedBytes('a record that is no JSON');
    }
    this.#add(parsed);
  }

  #add(record: OldStateRecord): void {
    switch (record.t) {
      case 'head':
        this.#begin(record);
        break;
      case 'session':
        this.#session = { answers: new Map(), floor: record.floor, valueBytes: 0 };
        this.#state.sessions.byId.set(record.id, this.#session);
        break;
      case 'answers':
        for (const [sequence, result] of record.items) {
          if (this.#session === undefined) break;
          addAnswer(this.#state.sessions, this.#session, sequence, result);
        }
        break;
      case 'keys':
        for (const row of record.items) this.#keys.push([row[0], recordOf(row)]);
        break;
      case 'locks':
        for (const item of record.items) this.#locks.push(item);
        break;
      case 'version':
        break;
      default:
        this.#addToLists(record);
    }
  }

  #addToLists(
    record: Exclude<
      OldStateRecord,
      { t: 'head' | 'session' | 'answers' | 'keys' | 'locks' | 'version' }
    >,
  ): void {
    const { uses, journal } = this.#state;
    switch (record.t) {
      case 'uses':
        for (const [key, use] of record.items) this.#addStampedUse(key, use);
        break;
      case 'idempotency':
        addPage(uses, record);
        break;
      case 'batches':
        for (const [id, placement] of record.items) journal.byBatchId.set(id, placement);
        break;
      case 'checkpoints':
        for (const checkpoint of record.items) journal.counting.checkpoints.push(checkpoint);
        break;
      case 'withoutEffect':
      case 'failureTaken':
        for (const index of record.items) journal.counting[record.t].push(index);
        break;
      default:
        throw new MalformedBytes('a record of an unknown kind');
    }
  }

  #addStampedUse(key: string, { placement, wallMs }: StampedUse): void {
    const { uses, clock } = this.#state;
    const atMs = clock.nowMs - Math.max(0, clock.wallMs - wallMs);
    this.#lastUseMs = Math.max(this.#lastUseMs, atMs);
    addOldUse(uses, { hash: hashOf(key), placement, atMs: this.#lastUseMs });
  }

  #begin({ appliedIndex, clock, lastSeq, idempotency }: OldHead): void {
    this.#appliedIndex = appliedIndex;
    this.#state.clock = clock;
    this.#state.journal.lastSeq = lastSeq;
    Object.assign(this.#state.uses, idempotency);
  }

  /** The state, once all records were added. */
  finish(): { readonly state: OldState; readonly appliedIndex: number } {
    const locks = PersistentMap.fromSorted(this.#locks);
    this.#state.contents = restoreContents(PersistentMap.fromSorted(this.#keys), locks);
    return { state: this.#state, appliedIndex: this.#appliedIndex };
  }
}
