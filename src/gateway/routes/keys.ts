import type Router from '@koa/router';
import type { Context } from 'koa';
import type { TransactAnswer } from '../../client/cluster-client.ts';
import type { KeyItem, KeyPage } from '../../client/key-query.ts';
import {
  type ByteString,
  byteStringOf,
  bytesOf,
  endOfKey,
  endOfPrefix,
  isByteString,
} from '../../state-machines/byte-string.ts';
import type { Answer } from '../../state-machines/result.ts';
import type { Comparison, Operation } from '../../state-machines/transaction.ts';
import { abortProblem } from '../abort-problem.ts';
import type { GatewayContext, GatewayState } from '../app.ts';
import {
  etagOf,
  guardOf,
  keyInPath,
  keyOf,
  preconditionsOf,
  readDemandOf,
  ttlMsOf,
} from '../key-parameters.ts';
import { deadlineMsOf, queryNumber, queryText } from '../parameters.ts';
import { RequestProblem } from '../problem.ts';
import { readBody } from '../read-body.ts';

const root = '/v1/kv/';
const incrementSuffix = '/incr';
const defaultLimit = 100;
const limitMax = 10_000;
const cursorMaxLength = 4096;

/** Keys and their values. */
export function addKeyRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.get('/v1/kv', ctx => listKeys(ctx, context));
  router.get('/v1/kv/*key', ctx => getKey(ctx, context));
  router.put('/v1/kv/*key', ctx => putKey(ctx, context));
  router.delete('/v1/kv/*key', ctx => deleteKey(ctx, context));
  router.post('/v1/kv/*key', ctx => incrementKey(ctx, context));
}

const keyAtPath = (ctx: Context, suffix = ''): ByteString =>
  keyInPath(ctx.path.slice(root.length, ctx.path.length - suffix.length));

async function getKey(ctx: Context, { client }: GatewayContext): Promise<void> {
  const key = keyAtPath(ctx);
  const end = endOfKey(key);
  const query = {
    ...readDemandOf(ctx),
    start: key,
    end,
    limit: 1,
    withValues: ctx.method !== 'HEAD',
  };
  const page = await client.readKeys(query, deadlineMsOf(ctx));
  describeRead(ctx, page);
  const [item] = page.items;
  if (item === undefined) {
    const detail = `there is no key ${JSON.stringify(bytesOf(key).toString())}`;
    throw new RequestProblem('keyNotFound', detail, 'GET /v1/kv?prefix= lists the keys.');
  }
  describeItem(ctx, item);
  if (ctx.get('If-None-Match') === etagOf(item.modRevision)) {
    ctx.status = 304;
    return;
  }
  ctx.status = 200;
  ctx.set('Content-Type', item.type);
  if (ctx.method === 'HEAD') ctx.length = item.bytes;
  else ctx.body = item.value;
}

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

async function putKey(ctx: Context, context: GatewayContext): Promise<void> {
  const key = keyAtPath(ctx);
  const ttlMs = ttlMsOf(queryText(ctx, 'ttl'), 'the parameter "ttl"');
  const compare = preconditionsOf(ctx, key);
  const guard = guardOf(ctx);
  const value = byteStringOf(await readBody(ctx.req, context.bodyMaxBytes));
  const set: Operation = { op: 'set', key, value, type: contentTypeOf(ctx), ttlMs };
  const { answer, revision, leader } = await write(ctx, context, key, compare, [...guard, set]);
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
}

/** What curl says when it was told nothing means: some text. */
function contentTypeOf(ctx: Context): string {
  const type = ctx.get('Content-Type');
  if (type === '') return 'application/octet-stream';
  return type.startsWith('application/x-www-form-urlencoded') ? 'text/plain' : type.slice(0, 256);
}

async function deleteKey(ctx: Context, context: GatewayContext): Promise<void> {
  const key = keyAtPath(ctx);
  const operations: Operation[] = [...guardOf(ctx), { op: 'delete', key }];
  const compare = preconditionsOf(ctx, key);
  const { answer, revision, leader } = await write(ctx, context, key, compare, operations);
  const deleted = answer?.op === 'deleted' && answer.existed;
  ctx.body = { key: bytesOf(key).toString(), deleted, revision, leader };
}

async function incrementKey(ctx: Context, context: GatewayContext): Promise<void> {
  if (!ctx.path.endsWith(incrementSuffix)) {
    ctx.set('Allow', 'GET, HEAD, PUT, DELETE');
    const hint = 'PUT sets a key; POST /v1/kv/{key}/incr adds to it.';
    throw new RequestProblem('methodNotAllowed', `${ctx.path} does not take POST`, hint);
  }
  const key = keyAtPath(ctx, incrementSuffix);
  const range = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, fallback: 1 };
  const by = queryNumber(ctx, 'by', range);
  const operations: Operation[] = [...guardOf(ctx), { op: 'add', key, by }];
  const compare = preconditionsOf(ctx, key);
  const { answer, revision, leader } = await write(ctx, context, key, compare, operations);
  if (answer?.op !== 'added') return;
  ctx.set('ETag', etagOf(answer.record.modRevision));
  // As text: 64 bits are more than a JSON reader's doubles hold.
  ctx.body = { key: bytesOf(key).toString(), value: answer.value, revision, leader };
}

/** Writes if the preconditions hold; the last operation's answer. */
async function write(
  ctx: Context,
  { client }: GatewayContext,
  key: ByteString,
  compare: readonly Comparison[],
  success: readonly Operation[],
): Promise<{ readonly answer: Answer | undefined; readonly revision: number; leader: string }> {
  const failure: Operation[] = [{ op: 'look', key }];
  const { result, leader }: TransactAnswer = await client.transact(
    { compare, success, failure },
    deadlineMsOf(ctx),
  );
  if (result.kind === 'aborted') throw abortProblem(result.reason);
  const answer = result.answers.at(-1);
  if (!result.succeeded) throw preconditionProblem(ctx, answer);
  return { answer, revision: result.revision, leader };
}

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

async function listKeys(ctx: Context, { client }: GatewayContext): Promise<void> {
  const limit = queryNumber(ctx, 'limit', { min: 1, max: limitMax, fallback: defaultLimit });
  const cursor = cursorOf(queryText(ctx, 'cursor'));
  const demand = readDemandOf(ctx);
  const withValues = queryText(ctx, 'keys_only') === undefined;
  const page = await client.readKeys(
    { ...demand, ...rangeOf(ctx), limit, withValues, ...cursor },
    deadlineMsOf(ctx),
  );
  describeRead(ctx, page);
  ctx.body = {
    keys: page.items.map(item => itemBody(item, withValues)),
    revision: page.revision,
    cursor: page.next === undefined ? null : cursorText(page.revision, page.next),
  };
}

function rangeOf(ctx: Context): { readonly start: ByteString; readonly end: ByteString } {
  const prefix = queryText(ctx, 'prefix');
  const start = queryText(ctx, 'start');
  const end = queryText(ctx, 'end');
  if (prefix !== undefined && (start !== undefined || end !== undefined)) {
    const detail = '"prefix" and "start" or "end" were given';
    throw new RequestProblem('badParameter', detail, 'Use either a prefix or a range.');
  }
  if (prefix !== undefined) return { start: keyOf(prefix), end: endOfPrefix(keyOf(prefix)) };
  return {
    start: start === undefined ? ('' as ByteString) : keyOf(start),
    end: end === undefined ? ('' as ByteString) : keyOf(end),
  };
}

const cursorText = (revision: number, next: ByteString): string =>
  Buffer.from(JSON.stringify([revision, next])).toString('base64url');

/** Later pages show the keys as they were when the first one was read. */
function cursorOf(
  text: string | undefined,
): { readonly revision: number; readonly start: ByteString } | undefined {
  if (text === undefined) return undefined;
  try {
    if (text.length > cursorMaxLength) throw new Error('too long');
    const [revision, start] = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!Number.isSafeInteger(revision) || revision < 1) throw new Error('no revision');
    if (!isByteString(start, cursorMaxLength)) throw new Error('no key');
    return { revision, start };
  } catch {
    const hint = 'Use the cursor of the page before, as it is.';
    throw new RequestProblem('badParameter', 'the parameter "cursor" is none of ours', hint);
  }
}

/** A key as JSON; a value that is no UTF-8 text stands there in base64. */
export function itemBody(item: KeyItem, withValue: boolean): object {
  return {
    key: bytesOf(item.key).toString(),
    ...(withValue ? valueBody(item.value) : {}),
    type: item.type,
    version: item.version,
    create_revision: item.createRevision,
    mod_revision: item.modRevision,
    ...(item.ttlMs === undefined ? {} : { ttl_ms: item.ttlMs }),
  };
}

export function valueBody(value: Buffer): { value: string } | { value_base64: string } {
  const text = value.toString('utf8');
  return Buffer.from(text, 'utf8').equals(value)
    ? { value: text }
    : { value_base64: value.toString('base64') };
}
