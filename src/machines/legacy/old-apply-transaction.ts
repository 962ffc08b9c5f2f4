import type { ByteString } from '../../codec/byte-string.ts';
import { appendOld, type OldJournal } from './old-journal.ts';
import {
  keyAt,
  lockAt,
  type OldContents,
  type OldLock,
  type OldRecord,
  withLock,
  withRecord,
} from './old-key-values.ts';
import type { AbortReason, OldAnswer, RecordView } from './old-result.ts';
import type {
  OldComparison,
  OldOperation,
  OldRelation,
  OldTransaction,
} from './old-transaction.ts';

/** Values that one transaction may return: its answer is remembered for retries. */
const gotMaxBytes = 64 * 1024;
const integerMax = 2n ** 63n - 1n;
const integerMin = -(2n ** 63n);
const integer = /^-?\d{1,19}$/;

export type TransactionEntry = {
  readonly term: number;
  readonly index: number;
  /** By the clock of the log. */
  readonly nowMs: number;
};

type Draft = {
  contents: OldContents;
  readonly entry: TransactionEntry;
  gotBytes: number;
  append: Extract<OldOperation, { op: 'append' }> | undefined;
};

export type TransactionOutcome =
  | {
      readonly type: 'done';
      readonly succeeded: boolean;
      readonly answers: readonly OldAnswer[];
      readonly contents: OldContents;
    }
  /** Nothing has changed: the operation at `place` could not be done. */
  | { readonly type: 'aborted'; readonly place: number; readonly reason: AbortReason };

/** Ends a transaction without effect. Not an error of the program: part of its answer. */
class Abort extends Error {
  readonly reason: AbortReason;

  constructor(reason: AbortReason) {
    super(reason);
    this.reason = reason;
  }
}

/** What the transaction makes of the contents, at the entry's place in the log. */
export function applyTransaction(
  contents: OldContents,
  journal: OldJournal,
  { compare, success, failure }: OldTransaction,
  entry: TransactionEntry,
): TransactionOutcome {
  const draft: Draft = {
    contents,
    entry,
    gotBytes: 0,
    append: undefined,
  };
  const succeeded = compare.every(comparison => doesHold(draft, comparison));
  const answers: OldAnswer[] = [];
  for (const operation of succeeded ? success : failure) {
    try {
      answers.push(operate(draft, operation));
    } catch (error) {
      if (!(error instanceof Abort)) throw error;
      return { type: 'aborted', place: answers.length, reason: error.reason };
    }
  }
  // Only now can nothing go wrong any more.
  const placement =
    draft.append === undefined ? undefined : appendOld(journal, draft.append, entry, !succeeded);
  const done = answers.map(answer =>
    answer.op === 'appended' && placement !== undefined ? { ...answer, placement } : answer,
  );
  return {
    type: 'done',
    succeeded,
    answers: done,
    contents: draft.contents,
  };
}

const found = ({ contents, entry }: Draft, key: ByteString): OldRecord | undefined =>
  keyAt(contents, key, entry.nowMs);
const heldLock = ({ contents, entry }: Draft, name: string): OldLock | undefined =>
  lockAt(contents, name, entry.nowMs);

function doesHold(draft: Draft, comparison: OldComparison): boolean {
  if (comparison.what === 'token') {
    return heldLock(draft, comparison.lock)?.token === comparison.token;
  }
  const record = found(draft, comparison.key);
  if (comparison.what === 'value') {
    if (record === undefined) return comparison.is === '!=';
    return isRelated(record.value, comparison.is, comparison.value);
  }
  return isRelated(record?.[comparison.what] ?? 0, comparison.is, comparison.number);
}

function isRelated<T extends string | number>(left: T, is: OldRelation, right: T): boolean {
  if (is === '=') return left === right;
  if (is === '!=') return left !== right;
  return is === '<' ? left < right : left > right;
}

function operate(draft: Draft, operation: OldOperation): OldAnswer {
  switch (operation.op) {
    case 'set': {
      const { key, value, type, ttlMs } = operation;
      return { op: 'set', record: viewOf(write(draft, key, { value, type, ttlMs })) };
    }
    case 'delete': {
      const existed = found(draft, operation.key) !== undefined;
      if (existed) change(draft, operation.key, undefined);
      return { op: 'deleted', existed };
    }
    case 'get':
      return get(draft, operation.key);
    case 'look': {
      const record = found(draft, operation.key);
      return { op: 'looked', record: record === undefined ? undefined : viewOf(record) };
    }
    case 'add':
      return add(draft, operation.key, operation.by);
    case 'append':
      draft.append = operation;
      return { op: 'appended', placement: undefined };
    default:
      return operateLock(draft, operation);
  }
}

type LockOperation = Extract<OldOperation, { op: 'acquire' | 'renew' | 'release' | 'guard' }>;

function operateLock(draft: Draft, operation: LockOperation): OldAnswer {
  const held = heldLock(draft, operation.lock);
  if (operation.op === 'acquire') {
    if (held !== undefined && held.holder !== operation.holder) throw new Abort('lockHeld');
    // The index of its entry: greater than every token before it, whoever held the lock.
    const token = held?.token ?? draft.entry.index;
    // Whoever repeats it, not knowing whether it has the lock, must not cut off what it has.
    const expiresAtMs = Math.max(held?.expiresAtMs ?? 0, draft.entry.nowMs + operation.ttlMs);
    const lock = { holder: operation.holder, token, expiresAtMs };
    draft.contents = withLock(draft.contents, operation.lock, lock);
    return { op: 'locked', token, ttlMs: expiresAtMs - draft.entry.nowMs };
  }
  if (held?.token !== operation.token) throw new Abort('staleToken');
  if (operation.op === 'guard') return { op: 'guarded' };
  if (operation.op === 'release') {
    draft.contents = withLock(draft.contents, operation.lock, undefined);
    return { op: 'released' };
  }
  const renewed = { ...held, expiresAtMs: draft.entry.nowMs + operation.ttlMs };
  draft.contents = withLock(draft.contents, operation.lock, renewed);
  return { op: 'locked', token: held.token, ttlMs: operation.ttlMs };
}

function write(
  draft: Draft,
  key: ByteString,
  { value, type, ttlMs }: { value: ByteString; type: string; ttlMs: number | undefined },
): OldRecord {
  const before = found(draft, key);
  const { index } = draft.entry;
  const record: OldRecord = {
    value,
    type,
    version: (before?.version ?? 0) + 1,
    createRevision: before?.createRevision ?? index,
    modRevision: index,
    expiresAtMs: ttlMs === undefined ? undefined : draft.entry.nowMs + ttlMs,
  };
  change(draft, key, record);
  return record;
}

function change(draft: Draft, key: ByteString, record: OldRecord | undefined): void {
  draft.contents = withRecord(draft.contents, key, record);
}

function get(draft: Draft, key: ByteString): OldAnswer {
  const record = found(draft, key);
  if (record === undefined) return { op: 'got', record: undefined, value: undefined };
  draft.gotBytes += record.value.length;
  if (draft.gotBytes > gotMaxBytes) throw new Abort('answerTooLarge');
  return { op: 'got', record: viewOf(record), value: record.value };
}

/** The time to live of the key stays as it is. */
function add(draft: Draft, key: ByteString, by: number): OldAnswer {
  const before = found(draft, key);
  const text = before?.value ?? '0';
  if (!integer.test(text)) throw new Abort('notANumber');
  const sum = BigInt(text) + BigInt(by);
  if (sum > integerMax || sum < integerMin) throw new Abort('outOfRange');
  const value = String(sum) as ByteString;
  const expiresAtMs = before?.expiresAtMs;
  const ttlMs = expiresAtMs === undefined ? undefined : expiresAtMs - draft.entry.nowMs;
  const record = write(draft, key, { value, type: before?.type ?? 'text/plain', ttlMs });
  return { op: 'added', record: viewOf(record), value };
}

const viewOf = ({ value, ...record }: OldRecord): RecordView => ({
  ...record,
  bytes: value.length,
});
