import type { Context } from 'koa';
import type { ConsistencyName } from '../client/key-query.ts';
import { type ByteString, utf8BytesOf } from '../state-machines/byte-string.ts';
import { type Comparison, keyMaxBytes, type Operation } from '../state-machines/transaction.ts';
import { queryNumber, queryText } from './parameters.ts';
import { RequestProblem } from './problem.ts';

const consistencyNames: readonly ConsistencyName[] = ['lease', 'quorum', 'bounded', 'local'];
const stalenessMaxMs = 24 * 60 * 60 * 1000;
const lockHeader = 'X-Lock';
const tokenHeader = 'X-Fencing-Token';

const bad = (detail: string, hint: string): RequestProblem =>
  new RequestProblem('badParameter', detail, hint);

/** The bytes of a key that somebody has written as text. */
export function keyOf(text: string): ByteString {
  const key = utf8BytesOf(text);
  if (key.length > 0 && key.length <= keyMaxBytes) return key;
  const detail = key.length === 0 ? 'the key is empty' : `the key has ${key.length} bytes`;
  throw bad(detail, `A key has 1 to ${keyMaxBytes} bytes.`);
}

/** The key in the path, after `/v1/kv/`; it may have slashes of its own. */
export function keyInPath(path: string): ByteString {
  try {
    return keyOf(decodeURIComponent(path));
  } catch (error) {
    if (error instanceof RequestProblem) throw error;
    throw bad('the key in the path is not percent-encoded UTF-8', 'Encode it: %25 for a percent.');
  }
}

/** How current the answer must be, from which server and of which revision. */
export function readDemandOf(ctx: Context): {
  readonly consistency: ConsistencyName;
  readonly maxStalenessMs: number;
  readonly server: string | undefined;
  readonly revision: number | undefined;
} {
  const named = queryText(ctx, 'consistency') ?? 'lease';
  const consistency = consistencyNames.find(name => name === named);
  if (consistency === undefined) {
    const known = consistencyNames.join(', ');
    throw bad(`the parameter "consistency" is "${named}"`, `Use one of ${known}.`);
  }
  const staleness = { min: 1, max: stalenessMaxMs, fallback: 0 };
  const maxStalenessMs = queryNumber(ctx, 'maxStalenessMs', staleness);
  if (consistency === 'bounded' && maxStalenessMs === 0) {
    throw bad('consistency=bounded needs a bound', 'Add maxStalenessMs=1000, for example.');
  }
  const server = queryText(ctx, 'server');
  if (server !== undefined && (consistency === 'lease' || consistency === 'quorum')) {
    throw bad(
      `consistency=${consistency} is answered by the leader, not by a server of your choice`,
      'Leave "server" away, or use consistency=local or bounded.',
    );
  }
  const whole = { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 };
  const revision = queryNumber(ctx, 'revision', whole);
  return { consistency, maxStalenessMs, server, revision: revision === 0 ? undefined : revision };
}

/** Seconds, with a fraction if need be; in milliseconds. */
export function ttlMsOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const ttlMs = Math.round(Number(text) * 1000);
  if (Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= 3_000_000_000_000) return ttlMs;
  throw bad(`${name} is ${JSON.stringify(text)}`, 'Use seconds above 0, such as 30 or 0.5.');
}

const quotedNumber = /^(?:W\/)?"?(\d{1,16})"?$/;

/** What If-Match and If-None-Match demand of the key as it stands. */
export function preconditionsOf(ctx: Context, key: ByteString): Comparison[] {
  const comparisons: Comparison[] = [];
  const ifMatch = ctx.get('If-Match');
  if (ifMatch === '*') comparisons.push({ what: 'version', key, is: '>', number: 0 });
  else if (ifMatch !== '') {
    const number = etagNumber(ifMatch, 'If-Match');
    comparisons.push({ what: 'modRevision', key, is: '=', number });
  }
  const ifNoneMatch = ctx.get('If-None-Match');
  if (ifNoneMatch === '*') comparisons.push({ what: 'version', key, is: '=', number: 0 });
  else if (ifNoneMatch !== '') {
    const number = etagNumber(ifNoneMatch, 'If-None-Match');
    comparisons.push({ what: 'modRevision', key, is: '!=', number });
  }
  return comparisons;
}

export const etagOf = (modRevision: number): string => `"${modRevision}"`;

function etagNumber(text: string, header: string): number {
  const [, digits] = quotedNumber.exec(text.trim()) ?? [];
  if (digits !== undefined) return Number(digits);
  throw bad(`the header ${header} is ${text}`, 'Use an ETag of this key, such as "17", or *.');
}

/** The fencing token that a write carries: it happens only while that token holds the lock. */
export function guardOf(ctx: Context): Operation[] {
  const lock = ctx.get(lockHeader);
  const token = ctx.get(tokenHeader);
  if (lock === '' && token === '') return [];
  if (lock !== '' && /^\d{1,15}$/.test(token)) return [{ op: 'guard', lock, token: Number(token) }];
  throw bad(
    `${lockHeader} is "${lock}" and ${tokenHeader} is "${token}"`,
    'Send both: the name of the lock, and the token that acquiring it has given.',
  );
}
