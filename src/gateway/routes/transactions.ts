import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ByteString, byteStringOf, bytesOf } from '../../codec/byte-string.ts';
import type { Answer, RecordView } from '../../state-machines/result.ts';
import {
  type Comparison,
  isTransaction,
  type Operation,
  operationsMax,
  type Relation,
} from '../../state-machines/transaction.ts';
import { abortProblem } from '../abort-problem.ts';
import { jsonBody } from '../bodies.ts';
import { valueBody } from '../item-body.ts';
import { keyOf } from '../key-parameters.ts';
import { countObjects } from '../parse-objects.ts';
import { RequestProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';

const msPerSecond = 1000;
const key = z.string({ error: 'expected a key' });
const text = z.string({ error: 'expected a text' });
const whole = z.number({ error: 'expected a whole number' }).int().nonnegative();
const relation = z.enum(['=', '!=', '<', '>']);
const valueFields = { value: text.optional(), value_base64: z.base64().optional() };

/** What is compared: one of these in each comparison. */
const comparable = [
  'exists',
  'version',
  'create_revision',
  'mod_revision',
  'value',
  'token',
] as const;

const comparisonShape = z
  .strictObject({
    key: key.optional(),
    lock: text.optional(),
    exists: z.boolean().optional(),
    version: whole.optional(),
    create_revision: whole.optional(),
    mod_revision: whole.optional(),
    ...valueFields,
    token: whole.optional(),
    is: relation.optional(),
  })
  .superRefine((body, context) => {
    const problem = problemOfComparison(body);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function problemOfComparison(
  body: {
    readonly key?: string | undefined;
    readonly lock?: string | undefined;
    readonly value_base64?: string | undefined;
    readonly is?: Relation | undefined;
  } & { readonly [Name in (typeof comparable)[number]]?: unknown },
): string | undefined {
  const given = comparable.filter(name => body[name] !== undefined);
  const values = body.value_base64 === undefined ? given : [...given, 'value_base64'];
  if (values.length !== 1) {
    const found = values.length === 0 ? 'none' : values.join(' and ');
    return `expected one of ${comparable.join(', ')}, value_base64, got ${found}`;
  }
  const subject = body.token === undefined ? 'key' : 'lock';
  const other = subject === 'key' ? 'lock' : 'key';
  if (body[subject] === undefined || body[other] !== undefined) {
    return `expected a "${subject}" beside "${values[0]}", and no "${other}"`;
  }
  const hasRelation = subject === 'key' && body.exists === undefined;
  return body.is === undefined || hasRelation ? undefined : `"${values[0]}" takes no "is"`;
}

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

const example =
  '{"compare":[{"key":"owner","exists":false}],"then":[{"op":"put","key":"owner","value":"me"}]}';

/** All of `then`, or all of `else`, or nothing: over keys and put_all entries. */
export const transactionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/txn',
    body: jsonBody(transactionShape, example, { isLarge: true }),
    ifUnknown:
      'Read what it would have changed before you repeat it; one that compares the mod_revision ' +
      'of a key that it writes can be repeated as it is.',
    async answer(ctx, { client }, { body, deadlineMs }) {
      const transaction = {
        compare: body.compare.map(comparisonOf),
        success: body.then.map(operationOf),
        failure: body.else.map(operationOf),
      };
      if (!isTransaction(transaction)) {
        const detail = `more than ${operationsMax} operations, or two put_all in one branch`;
        throw new RequestProblem('wrongShape', detail, 'Split it into smaller transactions.');
      }
      const { result, leader } = await client.transact(transaction, deadlineMs);
      if (result.kind === 'aborted') throw abortProblem(result.reason, result.place);
      const { succeeded, revision, answers } = result;
      ctx.body = { succeeded, revision, results: answers.map(answerBody), leader };
    },
  }),
];

/** Of the shape above: exactly one thing is compared. */
function comparisonOf(body: ComparisonBody): Comparison {
  const { lock = '', token, is = '=' } = body;
  if (token !== undefined) return { what: 'token', lock, token };
  const name = keyOf(body.key ?? '');
  if (body.exists !== undefined) {
    return { what: 'version', key: name, is: body.exists ? '>' : '=', number: 0 };
  }
  const numbers = { key: name, is };
  if (body.version !== undefined) return { what: 'version', ...numbers, number: body.version };
  if (body.create_revision !== undefined) {
    return { what: 'createRevision', ...numbers, number: body.create_revision };
  }
  if (body.mod_revision !== undefined) {
    return { what: 'modRevision', ...numbers, number: body.mod_revision };
  }
  return { what: 'value', ...numbers, value: bytesGiven(body) };
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
