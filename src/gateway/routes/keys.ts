import type { Context } from 'koa';
import { z } from 'zod';
import type { TransactAnswer } from '../../client/cluster-client.ts';
import type { KeyItem, KeyPage } from '../../client/key-query.ts';
import {
  type ByteString,
  byteStringOf,
  bytesOf,
  endOfKey,
  endOfPrefix,
  isByteString,
} from '../../codec/byte-string.ts';
import type { Answer } from '../../state-machines/result.ts';
import type { Comparison, Operation } from '../../state-machines/transaction.ts';
import { abortProblem } from '../abort-problem.ts';
import { anyBytes } from '../bodies.ts';
import type { GatewayContext } from '../context.ts';
import { flag, seconds, textOf, wholeNumber } from '../fields.ts';
import { valuePolicy } from '../foreign-pages.ts';
import { itemBody } from '../item-body.ts';
import {
  checkReadDemand,
  etagOf,
  guardOf,
  keyField,
  preconditionsOf,
  rangeField,
  readDemandFields,
  type WriteHeaders,
  writeHeaders,
} from '../key-parameters.ts';
import { RequestProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';

const path = '/v1/kv/*key';
/** It may have slashes of its own. */
const params = z.strictObject({ key: keyField() });
const defaultLimit = 100;
const limitMax = 10_000;
const cursorMaxLength = 4096;

const getKey = route({
  method: 'get',
  path,
  params,
  query: z.strictObject(readDemandFields).superRefine(checkReadDemand),
  headers: z.strictObject({ 'If-None-Match': z.string().optional() }),
  async answer(ctx, { client }, { params: { key }, query, headers, deadlineMs }) {
    const withValues = ctx.method !== 'HEAD';
    const range = { start: key, end: endOfKey(key), limit: 1, withValues };
    const page = await client.readKeys({ ...demandOf(query), ...range }, deadlineMs);
    describeRead(ctx, page);
    const [item] = page.items;
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
    if (withValues) ctx.body = item.value;
    else ctx.length = item.bytes;
  },
});

/** Only what was given: a bound that nobody named is none. */
const demandOf = ({
  maxStalenessMs,
  ...demand
}: z.output<z.ZodObject<typeof readDemandFields>>) => ({
  ...demand,
  ...(maxStalenessMs === undefined ? {} : { maxStalenessMs }),
});

/** What the answer rests on. */
function describeRead(ctx: Context, page: KeyPage): void {
  ctx.set('X-Raft-Consistency', page.consistency);
  ctx.set('X-Raft-Server', page.server);
  ctx.set('X-Raft-Term', String(page.term));
  ctx.set('X-Raft-Index', String(page.revision));
  if (page.leaseRemainingMs !== undefined) {
    ctx.set('X-Raft-Lease-Remaining-Ms', page.leaseRemainingMs.toFixed(0));
  }
  if (page.staleMs !== undefined) ctx.set('X-Raft-Stale-Ms', page.staleMs.toFixed(0));
}

function describeItem(ctx: Context, item: KeyItem): void {
  ctx.set('ETag', etagOf(item.modRevision));
  ctx.set('X-Version', String(item.version));
  ctx.set('X-Create-Revision', String(item.createRevision));
  ctx.set('X-Mod-Revision', String(item.modRevision));
  if (item.ttlMs !== undefined) ctx.set('X-TTL-Ms', String(item.ttlMs));
}

const putKey = route({
  method: 'put',
  path,
  params,
  query: z.strictObject({ ttl: seconds().optional() }),
  headers: writeHeaders,
  body: anyBytes,
  ifUnknown:
    'Read the key: its X-Mod-Revision tells. Or put it again; with If-Match nobody is overwritten.',
  async answer(ctx, context, { params: { key }, query, headers, body, deadlineMs }) {
    const { ttl: ttlMs } = query;
    const value = byteStringOf(body);
    const set: Operation = { op: 'set', key, value, type: contentTypeOf(ctx), ttlMs };
    const done = await write(ctx, context, { key, headers, deadlineMs }, set);
    const { answer, revision, leader } = done;
    if (answer?.op !== 'set') return;
    const { version, createRevision, modRevision } = answer.record;
    ctx.status = version === 1 ? 201 : 200;
    ctx.set('ETag', etagOf(modRevision));
    ctx.body = {
      key: bytesOf(key).toString(),
      revision,
      version,
      create_revision: createRevision,
      mod_revision: modRevision,
      ttl_ms: ttlMs ?? null,
      leader,
    };
  },
});

const deleteKey = route({
  method: 'delete',
  path,
  params,
  headers: writeHeaders,
  ifUnknown: 'Read the key, or delete it again; with If-Match nothing newer is deleted.',
  async answer(ctx, context, { params: { key }, headers, deadlineMs }) {
    const request = { key, headers, deadlineMs };
    const { answer, revision, leader } = await write(ctx, context, request, { op: 'delete', key });
    const deleted = answer?.op === 'deleted' && answer.existed;
    ctx.body = { key: bytesOf(key).toString(), deleted, revision, leader };
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
  ifUnknown: 'Read the key before you repeat it, or it counts twice; with If-Match it cannot.',
  async answer(ctx, context, { params: { key }, query: { by }, headers, deadlineMs }) {
    const request = { key, headers, deadlineMs };
    const done = await write(ctx, context, request, { op: 'add', key, by });
    const { answer, revision, leader } = done;
    if (answer?.op !== 'added') return;
    ctx.set('ETag', etagOf(answer.record.modRevision));
    // As text: 64 bits are more than a JSON reader's doubles hold.
    ctx.body = { key: bytesOf(key).toString(), value: answer.value, revision, leader };
  },
});

/** What curl says when it was told nothing means: some text. */
function contentTypeOf(ctx: Context): string {
  const type = ctx.get('Content-Type');
  if (type === '') return 'application/octet-stream';
  return type.startsWith('application/x-www-form-urlencoded') ? 'text/plain' : type.slice(0, 256);
}

/** Writes if the preconditions hold; the last operation's answer. */
async function write(
  ctx: Context,
  { client }: GatewayContext,
  { key, headers, deadlineMs }: WriteRequest,
  operation: Operation,
): Promise<{ readonly answer: Answer | undefined; readonly revision: number; leader: string }> {
  const compare: Comparison[] = preconditionsOf(headers, key);
  const success: Operation[] = [...guardOf(headers), operation];
  const failure: Operation[] = [{ op: 'look', key }];
  const { result, leader }: TransactAnswer = await client.transact(
    { compare, success, failure },
    deadlineMs,
  );
  if (result.kind === 'aborted') throw abortProblem(result.reason);
  const answer = result.answers.at(-1);
  if (!result.succeeded) throw preconditionProblem(ctx, answer);
  return { answer, revision: result.revision, leader };
}

type WriteRequest = {
  readonly key: ByteString;
  readonly headers: WriteHeaders;
  readonly deadlineMs: number;
};

function preconditionProblem(ctx: Context, answer: Answer | undefined): RequestProblem {
  const record = answer?.op === 'looked' ? answer.record : undefined;
  const hint = 'Read the key again, and repeat the change with its ETag.';
  if (record === undefined) {
    return new RequestProblem('preconditionFailed', 'the key does not exist', hint);
  }
  ctx.set('ETag', etagOf(record.modRevision));
  const detail = `the key exists, at revision ${record.modRevision}`;
  return new RequestProblem('preconditionFailed', detail, hint);
}

type Cursor = { readonly revision: number; readonly start: ByteString };

const listShape = z
  .strictObject({
    ...readDemandFields,
    prefix: rangeField().optional(),
    start: rangeField().optional(),
    end: rangeField().optional(),
    limit: wholeNumber({ min: 1, max: limitMax }).default(defaultLimit),
    keys_only: flag().default(false),
    cursor: textOf(cursorOf, 'the cursor of the page before, as it is').optional(),
  })
  .superRefine(checkReadDemand)
  .superRefine((query, context) => {
    const { prefix, start, end, cursor, revision } = query;
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (prefix !== undefined && (start !== undefined || end !== undefined)) {
      refuse('prefix', 'but "start" or "end" is given, too: use either a prefix or a range');
    }
    if (typeof cursor !== 'object') return;
    if (revision !== undefined) refuse('revision', 'but the cursor names one already');
    const range = rangeOf(query);
    if (cursor.start < range.start || (range.end !== '' && cursor.start >= range.end)) {
      refuse('cursor', 'which belongs to another range: repeat prefix, start, end of its page');
    }
  });

function rangeOf(query: {
  readonly prefix?: ByteString | undefined;
  readonly start?: ByteString | undefined;
  readonly end?: ByteString | undefined;
}): { readonly start: ByteString; readonly end: ByteString } {
  const { prefix = '' as ByteString, start = '' as ByteString, end = '' as ByteString } = query;
  return prefix === '' ? { start, end } : { start: prefix, end: endOfPrefix(prefix) };
}

const listKeys = route({
  method: 'get',
  path: '/v1/kv',
  query: listShape,
  async answer(ctx, { client }, { query, deadlineMs }) {
    const { prefix, start, end, limit, keys_only: keysOnly, cursor, ...demand } = query;
    const place = typeof cursor === 'object' ? cursor : {};
    const range = { ...rangeOf({ prefix, start, end }), ...place, limit, withValues: !keysOnly };
    const page = await client.readKeys({ ...demandOf(demand), ...range }, deadlineMs);
    describeRead(ctx, page);
    ctx.body = {
      keys: page.items.map(item => itemBody(item, !keysOnly)),
      revision: page.revision,
      cursor: page.next === undefined ? null : cursorText(page.revision, page.next),
    };
  },
});

/** Keys and their values. */
export const keyRoutes: readonly Route[] = [listKeys, getKey, putKey, deleteKey, incrementKey];

const cursorText = (revision: number, next: ByteString): string =>
  Buffer.from(JSON.stringify([revision, next])).toString('base64url');

/** Later pages show the keys as they were when the first one was read; empty: the first page. */
function cursorOf(text: string): Cursor | 'none' | undefined {
  if (text === '') return 'none';
  if (text.length > cursorMaxLength) return undefined;
  try {
    const [revision, start] = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!Number.isSafeInteger(revision) || revision < 1) return undefined;
    return isByteString(start, cursorMaxLength) ? { revision, start } : undefined;
  } catch {
    return undefined;
  }
}
