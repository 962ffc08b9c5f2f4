import { bytes, count, fields, refined } from '../../codec/shapes.ts';
import { kept, type PartRule } from '../machine.ts';
import {
  bytesOfRecord,
  bytesPerUse,
  type Use,
  type UsePage,
  type UseRecord,
  UseTable,
} from './use-table.ts';

export type IdempotencyLimits = {
  /** Younger than this, a key is remembered whatever comes. */
  readonly promisedMs: number;
  /** Older than this, it is forgotten though there is room. */
  readonly lifetimeMs: number;
  /** Until a leader whose file says otherwise has told so in the log. */
  readonly maxBytes: number;
};

/**
 * The writes that people have named themselves, so that they may repeat them through any client
 * server. Ages are log time, and the room is what the log says, so all servers forget the same
 * ones: the oldest, when there is no room and they are older than was promised. If they are not,
 * new ones are turned away: forgetting in silence would let a repeated request count twice.
 */
export type IdempotencyKeys = {
  readonly limits: IdempotencyLimits;
  maxBytes: number;
  /** When the newest one that was forgotten for want of room had been used. */
  forgottenAtMs: number | undefined;
  readonly uses: UseTable;
};

export const createIdempotencyKeys = (limits: IdempotencyLimits): IdempotencyKeys => ({
  limits,
  maxBytes: limits.maxBytes,
  forgottenAtMs: undefined,
  uses: new UseTable(),
});

export function earlierUse(
  { uses, limits }: IdempotencyKeys,
  key: string,
  fingerprint: string,
  nowMs: number,
): Use | undefined {
  const use = uses.find(key, fingerprint);
  return use !== undefined && nowMs - use.atMs < limits.lifetimeMs ? use : undefined;
}

/** Whether one more would have to take the place of one that is promised to be remembered. */
export function isFull({ uses, limits, maxBytes }: IdempotencyKeys, nowMs: number): boolean {
  if (uses.sizeBytes + bytesPerUse <= maxBytes) return false;
  return uses.oldestAtMs === undefined || nowMs - uses.oldestAtMs < limits.promisedMs;
}

/** Forgets what is too old, or must make room for one more, and may. */
export function makeRoom(keys: IdempotencyKeys, nowMs: number): void {
  const { uses, limits } = keys;
  for (let atMs = uses.oldestAtMs; atMs !== undefined; atMs = uses.oldestAtMs) {
    const ageMs = nowMs - atMs;
    if (ageMs < limits.lifetimeMs) {
      const isOver = uses.sizeBytes + bytesPerUse > keys.maxBytes;
      if (!isOver || ageMs < limits.promisedMs) return;
      keys.forgottenAtMs = atMs;
    }
    uses.dropOldest();
  }
}

export const rememberUse = (
  { uses }: IdempotencyKeys,
  { key, fingerprint }: { readonly key: string; readonly fingerprint: string },
  use: UseRecord,
): void => uses.add(key, fingerprint, use);

/** Whatever was used within this time is remembered. */
export function windowMs({ limits, forgottenAtMs }: IdempotencyKeys, nowMs: number): number {
  if (forgottenAtMs === undefined) return limits.lifetimeMs;
  return Math.floor(Math.min(limits.lifetimeMs, nowMs - forgottenAtMs));
}

const useRow = refined(
  fields({
    ...{ term: count(), index: count(), atMs: count(), from: count(), count: count() },
    records: bytes(),
    answers: bytes(),
  }),
  ({ from, count, records }) => from < count && records.length === count * bytesOfRecord,
  'a page of idempotency keys of another length than it says',
);

/** One row for each page. */
export const usesPart: PartRule<UseTable> = kept({
  row: useRow,
  capture: uses => uses.capture().map(rowOf),
  restore: rows => {
    const uses = new UseTable();
    for (const row of rows) uses.restore(pageOf(row));
    return uses;
  },
});

type UseRow = Omit<UsePage, 'records' | 'answersBytes'> & { readonly records: Uint8Array };

const rowOf = ({ records, answers, answersBytes, ...page }: UsePage): UseRow => ({
  ...page,
  records: new Uint8Array(records.buffer, 0, page.count * bytesOfRecord),
  answers: answers.subarray(0, answersBytes),
});

/** In memory of their own: rows are views of whole files. */
const pageOf = ({ records, answers, ...page }: UseRow): UsePage => ({
  ...page,
  records: new Uint32Array(Uint8Array.from(records).buffer),
  answers: Uint8Array.from(answers),
  answersBytes: answers.length,
});
