import { z } from 'zod';
import type { ReadDemand } from '../client/query.ts';
import { type ByteString, endOfKey, utf8BytesOf } from '../codec/byte-string.ts';
import { keyMaxBytes } from '../machines/keys/item.ts';
import { isReserved } from '../machines/keys/reserved.ts';
import type { Condition, Operation } from '../machines/machines.ts';
import { textOf, wholeNumber } from './fields.ts';
import { RequestProblem } from './problem.ts';

const consistencyNames = ['lease', 'quorum', 'bounded', 'local'] as const;
export const lockNameMaxLength = 256;
const stalenessMaxMs = 24 * 60 * 60 * 1000;

/** The bytes of a key that somebody has written as text. */
export function keyOf(text: string): ByteString {
  const problem = problemOfKey(text);
  if (problem === undefined) return utf8BytesOf(text);
  throw new RequestProblem(
    'badParameter',
    problem,
    `A key has 1 to ${keyMaxBytes} bytes of UTF-8.`,
  );
}

function problemOfKey(text: string): string | undefined {
  if (text === '') return 'the key is empty';
  // Half a character has no bytes of its own: two such keys would be one.
  if (hasHalfCharacter(text)) return 'the key has half a character in it';
  if (isReserved(text)) {
    return "the key begins with a zero byte; such keys are the cluster's own";
  }
  const { length } = utf8BytesOf(text);
  return length <= keyMaxBytes ? undefined : `the key has ${length} bytes`;
}

export const hasHalfCharacter = (text: string): boolean => /\p{Surrogate}/u.test(text);

const keyText = (isRange: boolean) =>
  z.string().transform((text, context): ByteString => {
    if (isRange && text === '') return '' as ByteString;
    const problem = problemOfKey(text);
    if (problem === undefined) return utf8BytesOf(text);
    context.addIssue({ code: 'custom', message: `${problem}, expected 1 to ${keyMaxBytes} bytes` });
    return z.NEVER;
  });

export const keyField = () => keyText(false);
/** A prefix, or an end of a range; empty stands for all keys. */
export const rangeField = () => keyText(true);

/** How current the answer must be, and from which server. */
export const readDemandFields = {
  consistency: z.enum(consistencyNames).default('lease'),
  maxStalenessMs: wholeNumber({ min: 1, max: stalenessMaxMs }).optional(),
  server: z.string().min(1, { error: 'expected the name of a server' }).optional(),
  minIndex: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional(),
};
export const revisionField = () => wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER });

/** What does not go together. */
export function checkReadDemand(demand: ReadDemand, context: z.RefinementCtx): void {
  const { consistency, maxStalenessMs, server } = demand;
  const refuse = (field: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (consistency === 'bounded' && maxStalenessMs === undefined) {
    refuse('consistency', 'which needs a bound: add maxStalenessMs=1000, for example');
  }
  if (consistency !== 'bounded' && maxStalenessMs !== undefined) {
    refuse('maxStalenessMs', 'but only consistency=bounded has a bound');
  }
  if (server !== undefined && (consistency === 'lease' || consistency === 'quorum')) {
    const other = 'use consistency=local or bounded for a server of your choice';
    refuse('server', `but consistency=${consistency} is answered by the leader: ${other}`);
  }
}

const quotedNumber = /^(?:W\/)?"?(\d{1,15})"?$/;

/** `*`, or the revision that stands in an ETag. */
const etagField = () =>
  textOf(text => {
    if (text === '*') return '*' as const;
    const [, digits] = quotedNumber.exec(text.trim()) ?? [];
    return digits === undefined ? undefined : Number(digits);
  }, 'an ETag of this key, such as "17", or *');

/** The name of a lock. */
export const lockName = z
  .string()
  .min(1)
  .max(lockNameMaxLength)
  .refine(name => !hasHalfCharacter(name), { error: 'which has half a character in it' });

/** The lock under which something is written. */
const lockFields = {
  'X-Lock': lockName.optional(),
  'X-Fencing-Token': wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
};
type LockHeaders = z.output<z.ZodObject<typeof lockFields>>;

function checkLock(headers: LockHeaders, context: z.RefinementCtx): void {
  if ((headers['X-Lock'] === undefined) === (headers['X-Fencing-Token'] === undefined)) return;
  const [there, missing] =
    headers['X-Lock'] === undefined ? ['X-Fencing-Token', 'X-Lock'] : ['X-Lock', 'X-Fencing-Token'];
  const message = `but ${missing} is missing: the lock and its token go together`;
  context.addIssue({ code: 'custom', path: [there ?? ''], message });
}

export const lockHeaders = z.strictObject(lockFields).superRefine(checkLock);

/** Under which conditions a key is written. */
export const writeHeaders = z
  .strictObject({
    'If-Match': etagField().optional(),
    'If-None-Match': etagField().optional(),
    ...lockFields,
  })
  .superRefine((headers, context) => {
    const { 'If-Match': match, 'If-None-Match': noneMatch } = headers;
    if (match !== undefined && (noneMatch === '*' || noneMatch === match)) {
      const message = 'which can never hold together with If-None-Match: send one of them';
      context.addIssue({ code: 'custom', path: ['If-Match'], message });
    }
    checkLock(headers, context);
  });
export type WriteHeaders = z.output<typeof writeHeaders>;

/** What If-Match and If-None-Match demand of the key as it stands. */
export function preconditionsOf(headers: WriteHeaders, key: ByteString): Condition[] {
  const conditions: Condition[] = [];
  const { 'If-Match': match, 'If-None-Match': noneMatch } = headers;
  const range = { start: key, end: endOfKey(key) };
  if (match === '*') conditions.push({ on: 'keys.version', ...range, is: '>', number: 0 });
  else if (match !== undefined) {
    conditions.push({ on: 'keys.modRevision', ...range, is: '=', number: match });
  }
  if (noneMatch === '*') conditions.push({ on: 'keys.version', ...range, is: '=', number: 0 });
  else if (noneMatch !== undefined) {
    conditions.push({ on: 'keys.modRevision', ...range, is: '!=', number: noneMatch });
  }
  return conditions;
}

export const etagOf = (modRevision: number): string => `"${modRevision}"`;

/** The fencing token that a write carries: it happens only while that token holds the lock. */
export function guardOf(headers: LockHeaders): Operation[] {
  const { 'X-Lock': lock, 'X-Fencing-Token': token } = headers;
  return lock === undefined || token === undefined ? [] : [{ op: 'keys.guard', lock, token }];
}
