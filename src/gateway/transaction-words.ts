import { randomUUID } from 'node:crypto';
import { type ByteString, byteStringOf } from '../codec/byte-string.ts';
import { jsonMember } from '../codec/json-member.ts';
import { splitJsonArray } from '../codec/split-json-array.ts';
import type { Condition, Operation } from '../machines/machines.ts';
import type { Transaction } from '../machines/transaction.ts';
import { keyOf } from './key-parameters.ts';
import { type Bounds, boundsOf } from './key-range.ts';
import { msOf } from './lease-fields.ts';
import { countObjects } from './parse-objects.ts';
import { RequestProblem } from './problem.ts';
import type { ComparisonBody, OperationBody, TransactionBody } from './transaction-shape.ts';

type Branch = 'then' | 'else';

/** The transaction that somebody has written; what is posted in it keeps its very bytes. */
export const transactionOf = (body: TransactionBody, bytes: Uint8Array): Transaction => ({
  compare: body.compare.map(conditionOf),
  success: operationsOf(body, 'then', bytes),
  failure: operationsOf(body, 'else', bytes),
});

function operationsOf(body: TransactionBody, branch: Branch, bytes: Uint8Array): Operation[] {
  const operations = body[branch];
  const isPosting = operations.some(({ op }) => op === 'put_all');
  const written = isPosting ? splitJsonArray(memberOf(bytes, branch)) : [];
  return operations.map((operation, place) => {
    if (operation.op !== 'put_all') return operationOf(operation);
    const data = memberOf(written[place] ?? bytes, 'entries');
    return appendOf(operation.entries, data);
  });
}

/** It was read from these bytes, so it is there. */
const memberOf = (bytes: Uint8Array, name: string): Uint8Array =>
  jsonMember(bytes, name) ?? Buffer.from('[]');

const appendOf = (entries: readonly unknown[], data: Uint8Array): Operation => ({
  op: 'journal.append',
  batchId: randomUUID(),
  count: countObjects(entries),
  data,
});

type Place = {
  readonly key?: string | undefined;
  readonly prefix?: string | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
};

/** A single key, or all in a range. */
function placeOf({ key, prefix, start, end }: Place): Bounds {
  const given = [key, prefix, start].filter(one => one !== undefined);
  if (given.length !== 1 || (start === undefined) !== (end === undefined)) {
    const detail = 'expected a "key", or a "prefix", or "start" and "end"';
    throw new RequestProblem('wrongShape', detail, 'An empty end means no end.');
  }
  return boundsOf({
    key: key === undefined ? undefined : keyOf(key),
    prefix: boundOf(prefix),
    start: boundOf(start),
    end: boundOf(end),
  });
}

const boundOf = (text: string | undefined): ByteString | undefined =>
  text === undefined || text === '' ? (text as ByteString | undefined) : keyOf(text);

/** Of the shape: exactly one thing is compared. */
function conditionOf(body: ComparisonBody): Condition {
  const { lock = '', token, is = '=' } = body;
  if (token !== undefined) return { on: 'keys.token', lock, token };
  if (body.alive !== undefined) return { on: 'leases.alive', lease: body.lease ?? 0 };
  const { key, prefix, start, end } = body;
  const place = placeOf({ key, prefix, start, end: start === undefined ? end : (end ?? '') });
  if (body.exists !== undefined) {
    return { on: 'keys.version', ...place, is: body.exists ? '>' : '=', number: 0 };
  }
  const numbers = { ...place, is };
  if (body.version !== undefined) {
    return { on: 'keys.version', ...numbers, number: body.version };
  }
  if (body.create_revision !== undefined) {
    return { on: 'keys.createRevision', ...numbers, number: body.create_revision };
  }
  if (body.mod_revision !== undefined) {
    return { on: 'keys.modRevision', ...numbers, number: body.mod_revision };
  }
  if (body.lease !== undefined) return { on: 'keys.lease', ...numbers, number: body.lease };
  return { on: 'keys.value', ...numbers, value: bytesGiven(body) };
}

function bytesGiven(body: {
  readonly value?: string | undefined;
  readonly value_base64?: string | undefined;
}): ByteString {
  const { value, value_base64: base64 } = body;
  if ((value === undefined) === (base64 === undefined)) {
    const detail = 'expected either "value" or "value_base64"';
    throw new RequestProblem('wrongShape', detail, 'Bytes that are no text go in base64.');
  }
  return byteStringOf(Buffer.from(value ?? base64 ?? '', value === undefined ? 'base64' : 'utf8'));
}

function operationOf(body: Exclude<OperationBody, { op: 'put_all' }>): Operation {
  switch (body.op) {
    case 'put':
      return putOf(body);
    case 'delete':
      return { op: 'keys.delete', ...placeOf(body), wantsPrevious: body.prev ?? false };
    case 'get': {
      const { key } = body;
      return { op: 'keys.range', ...placeOf({ key }), limit: 1, withValues: true };
    }
    case 'range': {
      const { limit, keys_only: keysOnly } = body;
      return { op: 'keys.range', ...placeOf(body), limit, withValues: !keysOnly };
    }
    case 'incr':
      return { op: 'keys.add', key: keyOf(body.key), by: body.by };
    case 'grant':
      return { op: 'leases.grant', ttlMs: body.ttlMs };
    case 'revoke':
      return { op: 'leases.revoke', leases: body.leases };
    default:
      return lockOperationOf(body);
  }
}

function putOf(body: Extract<OperationBody, { op: 'put' }>): Operation {
  const { ttl, lease, type = 'text/plain', prev: wantsPrevious = false } = body;
  const ttlMs = ttl === undefined ? undefined : msOf(ttl);
  const value = bytesGiven(body);
  return { op: 'keys.put', key: keyOf(body.key), value, type, ttlMs, lease, wantsPrevious };
}

type LockOperation = Extract<OperationBody, { op: 'acquire' | 'renew' | 'release' | 'guard' }>;

function lockOperationOf(body: LockOperation): Operation {
  const { lock } = body;
  switch (body.op) {
    case 'acquire': {
      const { holder, ttl, lease } = body;
      const ttlMs = ttl === undefined ? undefined : msOf(ttl);
      return { op: 'keys.acquire', lock, holder, ttlMs, lease, waits: false };
    }
    case 'renew':
      return { op: 'keys.renew', lock, token: body.token, ttlMs: msOf(body.ttl) };
    case 'release':
      return { op: 'keys.release', lock, token: body.token };
    case 'guard':
      return { op: 'keys.guard', lock, token: body.token };
  }
}
