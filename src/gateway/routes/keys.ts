import type { Context } from 'koa';
import { z } from 'zod';
import { type ByteString, byteStringOf, bytesOf, endOfKey } from '../../codec/byte-string.ts';
import type { Item } from '../../machines/keys/item.ts';
import { keyRange } from '../../machines/keys/key-range.ts';
import type { Operation } from '../../machines/machines.ts';
import { anyBytes } from '../bodies.ts';
import type { GatewayContext } from '../context.ts';
import { flag, seconds, wholeNumber } from '../fields.ts';
import { valuePolicy } from '../foreign-pages.ts';
import { itemBody, keyBody, versionsBody } from '../item-body.ts';
import {
  checkReadDemand,
  etagOf,
  guardOf,
  keyField,
  preconditionsOf,
  readDemandFields,
  revisionField,
  type WriteHeaders,
  writeHeaders,
} from '../key-parameters.ts';
import { problemOfHold } from '../lease-fields.ts';
import { RequestProblem } from '../problem.ts';
import { describeRead } from '../read-headers.ts';
import { type Route, route, type Sending } from '../route.ts';
import { answerTo, type Done, transact } from '../transact.ts';

const path = '/v1/kv/*key';
/** It may have slashes of its own. */
const params = z.strictObject({ key: keyField() });
const contentTypeMaxLength = 256;

const getKey = route({
  method: 'get',
  path,
  params,
  query: z
    .strictObject({ ...readDemandFields, revision: revisionField().optional() })
    .superRefine(checkReadDemand),
  headers: z.strictObject({ 'If-None-Match': z.string().optional() }),
  async answer(ctx, { client }, { params: { key }, query, headers, deadlineMs }) {
    const { revision = 0, ...demand } = query;
    const withValues = ctx.method !== 'HEAD';
    const range = keyRange({ ...onlyKey(key), limit: 1, revision, withValues });
    const { answer, view } = await client.query('keys.range', range, demand, deadlineMs);
    describeRead(ctx, view);
    ctx.set('X-Raft-Revision', String(answer.revision));
    const [item] = answer.items;
    if (item === undefined) {
      const detail = `there is no key ${JSON.stringify(bytesOf(key).toString())}`;
      throw new RequestProblem('keyNotFound', detail, 'GET /v1/kv?prefix= lists the keys.');
    }
    describeItem(ctx, item);
    if (headers['If-None-Match'] === etagOf(item.modRevision)) {
      ctx.status = 304;
      return;
    }
    ctx.status = 200;
    ctx.set('Content-Type', item.type);
    ctx.set('Content-Security-Policy', valuePolicy);
    if (item.value === undefined) ctx.length = item.bytes;
    else ctx.body = bytesOf(item.value);
  },
});

const onlyKey = (key: ByteString) => ({ start: key, end: endOfKey(key) });

function describeItem(ctx: Context, item: Item): void {
  ctx.set('ETag', etagOf(item.modRevision));
  ctx.set('X-Version', String(item.version));
  ctx.set('X-Create-Revision', String(item.createRevision));
  ctx.set('X-Mod-Revision', String(item.modRevision));
  if (item.lease !== undefined) ctx.set('X-Lease', String(item.lease));
  if (item.ttlMs !== undefined) ctx.set('X-TTL-Ms', String(item.ttlMs));
}

const previousField = { prev: flag().default(false) };
/** What stood there before, if that was asked for. */
const previousBody = (isWanted: boolean, previous: Item | undefined): object =>
  isWanted ? { prev: previous === undefined ? null : itemBody(previous) } : {};

const putKey = route({
  method: 'put',
  path,
  params,
  query: z
    .strictObject({
      ttl: seconds().optional(),
      lease: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional(),
      ...previousField,
    })
    .superRefine((query, context) => {
      const message = query.ttl === undefined ? undefined : problemOfHold(query);
      if (message !== undefined) context.addIssue({ code: 'custom', path: ['lease'], message });
    }),
  headers: writeHeaders,
  body: anyBytes,
  isWrite: true,
  ifUnknown:
    'Read the key: its X-Mod-Revision tells. Or put it again; with If-Match nobody is overwritten.',
  async answer(ctx, context, { params: { key }, query, headers, body, ...sending }) {
    const { ttl: ttlMs, lease, prev: wantsPrevious } = query;
    const value = byteStringOf(body);
    const hangsOn = { ttlMs, lease };
    const type = contentTypeOf(ctx);
    const put: Operation = { op: 'keys.put', key, value, type, ...hangsOn, wantsPrevious };
    const { answers, leader } = await write(ctx, context, { key, headers, sending }, put);
    const { item, revision, previous } = answerTo('keys.put', answers.at(-1));
    ctx.status = item.version === 1 ? 201 : 200;
    ctx.set('ETag', etagOf(item.modRevision));
    ctx.body = {
      ...keyBody(key),
      revision,
      ...versionsBody(item),
      ttl_ms: ttlMs ?? null,
      lease: item.lease ?? null,
      leader,
      ...previousBody(wantsPrevious, previous),
    };
  },
});

const deleteKey = route({
  method: 'delete',
  path,
  params,
  query: z.strictObject(previousField),
  headers: writeHeaders,
  isWrite: true,
  ifUnknown: 'Read the key, or delete it again; with If-Match nothing newer is deleted.',
  async answer(ctx, context, { params: { key }, query, headers, ...sending }) {
    const wantsPrevious = query.prev;
    const operation = { op: 'keys.delete', ...onlyKey(key), wantsPrevious } as const;
    const { answers, leader } = await write(ctx, context, { key, headers, sending }, operation);
    const { deleted, revision, previous } = answerTo('keys.delete', answers.at(-1));
    const before = previousBody(wantsPrevious, previous[0]);
    ctx.body = { ...keyBody(key), deleted: deleted > 0, revision, leader, ...before };
  },
});

const incrementKey = route({
  method: 'post',
  path: `${path}/incr`,
  params,
  query: z.strictObject({
    by: wholeNumber({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }).default(1),
  }),
  headers: writeHeaders,
  isWrite: true,
  ifUnknown: 'Read the key before you repeat it, or it counts twice; with If-Match it cannot.',
  async answer(ctx, context, { params: { key }, query: { by }, headers, ...sending }) {
    const operation = { op: 'keys.add', key, by } as const;
    const { answers, leader } = await write(ctx, context, { key, headers, sending }, operation);
    const { item, revision } = answerTo('keys.add', answers.at(-1));
    ctx.set('ETag', etagOf(item.modRevision));
    // As text: 64 bits are more than a JSON reader's doubles hold.
    ctx.body = { ...keyBody(key), value: item.value ?? '', revision, leader };
  },
});

/** One key, and its value. */
export const keyRoutes: readonly Route[] = [getKey, putKey, deleteKey, incrementKey];

/** What curl says when it was told nothing means: some text. */
function contentTypeOf(ctx: Context): string {
  const type = ctx.get('Content-Type');
  if (type === '') return 'application/octet-stream';
  const isUnsaid = type.startsWith('application/x-www-form-urlencoded');
  return isUnsaid ? 'text/plain' : type.slice(0, contentTypeMaxLength);
}

/** Writes if the preconditions hold; the last operation's answer is the last one. */
async function write(
  ctx: Context,
  context: GatewayContext,
  { key, headers, sending }: WriteRequest,
  operation: Operation,
): Promise<Done> {
  const compare = preconditionsOf(headers, key);
  const success: Operation[] = [...guardOf(headers), operation];
  const look = { limit: 1, withValues: false };
  const failure: Operation[] =
    compare.length === 0 ? [] : [{ op: 'keys.range', ...onlyKey(key), ...look }];
  const done = await transact(ctx, context, { compare, success, failure }, sending);
  if (!done.succeeded) {
    const [item] = answerTo('keys.range', done.answers[0]).items;
    throw preconditionProblem(ctx, item);
  }
  return done;
}

type WriteRequest = {
  readonly key: ByteString;
  readonly headers: WriteHeaders;
  readonly sending: Sending;
};

function preconditionProblem(ctx: Context, item: Item | undefined): RequestProblem {
  const hint = 'Read the key again, and repeat the change with its ETag.';
  if (item === undefined) {
    return new RequestProblem('preconditionFailed', 'the key does not exist', hint);
  }
  ctx.set('ETag', etagOf(item.modRevision));
  const detail = `the key exists, at revision ${item.modRevision}`;
  return new RequestProblem('preconditionFailed', detail, hint);
}
