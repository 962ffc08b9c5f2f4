import { type ByteString, isByteString } from '../../codec/byte-string.ts';

const keyMaxBytes = 1024;
/** Operations and comparisons of one transaction. */
const operationsMax = 1000;
const textMaxLength = 256;
const ttlMaxMs = 100 * 365 * 24 * 60 * 60 * 1000;

export type OldRelation = '=' | '!=' | '<' | '>';
/** An absent key has version 0 and revisions 0, and no value: it differs from every value. */
export type OldComparison =
  | {
      readonly what: 'version' | 'createRevision' | 'modRevision';
      readonly key: ByteString;
      readonly is: OldRelation;
      readonly number: number;
    }
  | {
      readonly what: 'value';
      readonly key: ByteString;
      readonly is: OldRelation;
      readonly value: ByteString;
    }
  /** The lock is held, under this token. */
  | { readonly what: 'token'; readonly lock: string; readonly token: number };

export type OldOperation =
  | {
      readonly op: 'set';
      readonly key: ByteString;
      readonly value: ByteString;
      readonly type: string;
      readonly ttlMs: number | undefined;
    }
  | { readonly op: 'delete'; readonly key: ByteString }
  | { readonly op: 'get'; readonly key: ByteString }
  /** Everything but the value. */
  | { readonly op: 'look'; readonly key: ByteString }
  /** Adds to a decimal whole number of 64 bits; an absent key counts as 0. */
  | { readonly op: 'add'; readonly key: ByteString; readonly by: number }
  /** Appends a JSON array of objects to the journal, as put_all does. One per branch. */
  | {
      readonly op: 'append';
      readonly batchId: string;
      readonly count: number;
      readonly data: ByteString;
    }
  | {
      readonly op: 'acquire';
      readonly lock: string;
      readonly holder: string;
      readonly ttlMs: number;
    }
  | { readonly op: 'renew'; readonly lock: string; readonly token: number; readonly ttlMs: number }
  | { readonly op: 'release'; readonly lock: string; readonly token: number }
  /** Nothing of the transaction happens unless the lock is held under this token. */
  | { readonly op: 'guard'; readonly lock: string; readonly token: number };

/** All of `success` when every comparison holds, else all of `failure`; and else nothing at all. */
export type OldTransaction = {
  readonly compare: readonly OldComparison[];
  readonly success: readonly OldOperation[];
  readonly failure: readonly OldOperation[];
};

export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= textMaxLength;
const isKey = (value: unknown): boolean => isByteString(value, keyMaxBytes) && value.length > 0;
const isTtl = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= ttlMaxMs;
const isValue = (value: unknown): boolean => isByteString(value, Number.MAX_SAFE_INTEGER);

type Fields = Readonly<Record<string, unknown>>;

const comparisonChecks: Readonly<Record<OldComparison['what'], (fields: Fields) => boolean>> = {
  version: ({ key, number }) => isKey(key) && isCount(number),
  createRevision: ({ key, number }) => isKey(key) && isCount(number),
  modRevision: ({ key, number }) => isKey(key) && isCount(number),
  value: ({ key, value }) => isKey(key) && isValue(value),
  token: ({ lock, token }) => isName(lock) && isCount(token),
};

const operationChecks: Readonly<Record<OldOperation['op'], (fields: Fields) => boolean>> = {
  set: ({ key, value, type, ttlMs }) =>
    isKey(key) && isValue(value) && isName(type) && (ttlMs === undefined || isTtl(ttlMs)),
  delete: ({ key }) => isKey(key),
  get: ({ key }) => isKey(key),
  look: ({ key }) => isKey(key),
  add: ({ key, by }) => isKey(key) && Number.isSafeInteger(by),
  append: ({ batchId, count, data }) =>
    isName(batchId) && isCount(count) && count > 0 && isValue(data),
  acquire: ({ lock, holder, ttlMs }) => isName(lock) && isName(holder) && isTtl(ttlMs),
  renew: ({ lock, token, ttlMs }) => isName(lock) && isCount(token) && isTtl(ttlMs),
  release: ({ lock, token }) => isName(lock) && isCount(token),
  guard: ({ lock, token }) => isName(lock) && isCount(token),
};

const isRelation = (value: unknown): boolean => ['=', '!=', '<', '>'].includes(String(value));

function isComparison(value: unknown): value is OldComparison {
  const fields = (value ?? {}) as Fields;
  const check = comparisonChecks[String(fields['what']) as OldComparison['what']];
  const isRelated = fields['what'] === 'token' || isRelation(fields['is']);
  return check !== undefined && isRelated && check(fields);
}

function isOperation(value: unknown): value is OldOperation {
  const fields = (value ?? {}) as Fields;
  const check = operationChecks[String(fields['op']) as OldOperation['op']];
  return check?.(fields) === true;
}

const hasOneAppend = (operations: readonly OldOperation[]): boolean =>
  operations.filter(({ op }) => op === 'append').length <= 1;

/** Whether the parts make a transaction that every server understands alike. */
export function isTransaction(parts: {
  readonly compare: readonly unknown[];
  readonly success: readonly unknown[];
  readonly failure: readonly unknown[];
}): boolean {
  const { compare, success, failure } = parts;
  if (compare.length + success.length + failure.length > operationsMax) return false;
  if (!compare.every(isComparison) || !success.every(isOperation)) return false;
  return failure.every(isOperation) && hasOneAppend(success) && hasOneAppend(failure);
}
