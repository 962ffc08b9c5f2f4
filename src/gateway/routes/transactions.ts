import { randomUUID } from 'node:crypto';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { type ByteString, byteStringOf, bytesOf } from '../../state-machines/byte-string.ts';
import type { Answer, RecordView } from '../../state-machines/result.ts';
import {
  type Comparison,
  isTransaction,
  type Operation,
  operationsMax,
  type Relation,
} from '../../state-machines/transaction.ts';
import { abortProblem } from '../abort-problem.ts';
import type { GatewayContext, GatewayState } from '../app.ts';
import { keyOf } from '../key-parameters.ts';
import { deadlineMsOf } from '../parameters.ts';
import { countObjects, parseJsonBody } from '../parse-objects.ts';
import { RequestProblem } from '../problem.ts';
import { readBody } from '../read-body.ts';
import { shapedBy } from '../shaped-by.ts';
import { valueBody } from './keys.ts';

const msPerSecond = 1000;
const key = z.string({ error: 'expected a key' });
const text = z.string({ error: 'expected a text' });
const whole = z.number({ error: 'expected a whole number' }).int().nonnegative();
const relation = z.enum(['=', '!=', '<', '>']).default('=');
const valueFields = { value: text.optional(), value_base64: z.base64().optional() };

const comparisonShape = z.union([
  z.strictObject({ key, exists: z.boolean() }),
  z.strictObject({ key, version: whole, is: relation }),
  z.strictObject({ key, create_revision: whole, is: relation }),
  z.strictObject({ key, mod_revision: whole, is: relation }),
  z.strictObject({ key, ...valueFields, is: relation }),
  z.strictObject({ lock: text, token: whole }),
]);

const seconds = z.number({ error: 'expected seconds' }).positive();
const operationShape = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('put'),
    key,
    ...valueFields,
    type: text.optional(),
    ttl: seconds.optional(),
  }),
  z.strictObject({ op: z.literal('delete'), key }),
  z.strictObject({ op: z.literal('get'), key }),
  z.strictObject({ op: z.literal('incr'), key, by: z.number().int().default(1) }),
  z.strictObject({ op: z.literal('put_all'), entries: z.array(z.unknown()) }),
]);

const transactionShape = z.strictObject({
  compare: z.array(comparisonShape).default([]),
  // biome-ignore lint/suspicious/noThenProperty: the word that people write, never awaited.
  then: z.array(operationShape).default([]),
  else: z.array(operationShape).default([]),
});
type ComparisonBody = z.infer<typeof comparisonShape>;
type OperationBody = z.infer<typeof operationShape>;

/** All of `then`, or all of `else`, or nothing: over keys and put_all entries. */
export function addTransactionRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.post('/v1/txn', ctx => transact(ctx, context));
}

async function transact(ctx: Context, { client, bodyMaxBytes }: GatewayContext): Promise<void> {
  const { value } = parseJsonBody(await readBody(ctx.req, bodyMaxBytes));
  const body = shapedBy(transactionShape, value);
  const transaction = {
    compare: body.compare.map(comparisonOf),
    success: body.then.map(operationOf),
    failure: body.else.map(operationOf),
  };
  if (!isTransaction(transaction)) {
    const detail = `more than ${operationsMax} operations, or two put_all in one branch`;
    throw new RequestProblem('wrongShape', detail, 'Split it into smaller transactions.');
  }
  const { result, leader } = await client.transact(transaction, deadlineMsOf(ctx));
  if (result.kind === 'aborted') throw abortProblem(result.reason, result.place);
  const { succeeded, revision, answers } = result;
  ctx.body = { succeeded, revision, results: answers.map(answerBody), leader };
}

function comparisonOf(body: ComparisonBody): Comparison {
  if ('lock' in body) return { what: 'token', lock: body.lock, token: body.token };
  const name = keyOf(body.key);
  if ('exists' in body) {
    return { what: 'version', key: name, is: body.exists ? '>' : '=', number: 0 };
  }
  const numbers = { what: 'version', key: name, is: body.is } as const;
  if ('version' in body) return { ...numbers, number: body.version };
  if ('create_revision' in body) {
    return { ...numbers, what: 'createRevision', number: body.create_revision };
  }
  if ('mod_revision' in body) {
    return { ...numbers, what: 'modRevision', number: body.mod_revision };
  }
  const is: Relation = body.is;
  return { what: 'value', key: name, is, value: bytesGiven(body) };
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

function operationOf(body: OperationBody): Operation {
  switch (body.op) {
    case 'put': {
      const ttlMs = body.ttl === undefined ? undefined : Math.ceil(msPerSecond * body.ttl);
      const type = body.type ?? 'text/plain';
      return { op: 'set', key: keyOf(body.key), value: bytesGiven(body), type, ttlMs };
    }
    case 'delete':
      return { op: 'delete', key: keyOf(body.key) };
    case 'get':
      return { op: 'get', key: keyOf(body.key) };
    case 'incr':
      return { op: 'add', key: keyOf(body.key), by: body.by };
    case 'put_all': {
      const count = countObjects(body.entries);
      const data = byteStringOf(Buffer.from(JSON.stringify(body.entries)));
      return { op: 'append', batchId: randomUUID(), count, data };
    }
  }
}

const recordBody = ({ version, createRevision, modRevision }: RecordView): object => ({
  version,
  create_revision: createRevision,
  mod_revision: modRevision,
});

function answerBody(answer: Answer): object {
  switch (answer.op) {
    case 'set':
      return { op: 'put', ...recordBody(answer.record) };
    case 'deleted':
      return { op: 'delete', deleted: answer.existed };
    case 'got': {
      if (answer.record === undefined) return { op: 'get', exists: false };
      const value = valueBody(bytesOf(answer.value ?? ('' as ByteString)));
      return { op: 'get', exists: true, ...value, ...recordBody(answer.record) };
    }
    case 'added':
      return { op: 'incr', value: answer.value, ...recordBody(answer.record) };
    case 'appended': {
      const { batchId: batch, first, last } = answer.placement ?? {};
      return { op: 'put_all', batch, first, last };
    }
    default:
      return { op: answer.op };
  }
}
