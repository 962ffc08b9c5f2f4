import { createHash, randomUUID } from 'node:crypto';
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { PutAnswer } from '../../client/cluster-client.ts';
import type { GatewayContext, GatewayState } from '../app.ts';
import { deadlineMsOf } from '../parameters.ts';
import { countObjects, type ParsedBody, parseJsonBody, requireObject } from '../parse-objects.ts';
import { RequestProblem } from '../problem.ts';
import { readBody } from '../read-body.ts';

const keyMaxLength = 200;
const jsonType = /^application\/(json|[\w.+-]+\+json)$/;

type Batch = { readonly count: number; readonly data: Uint8Array; readonly wasMended: boolean };

/** Writes: the only requests that change anything. */
export function addPutRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.post('/put_all', ctx => put(ctx, context, arrayBatch));
  router.post('/put_key', ctx => put(ctx, context, singleBatch));
}

const arrayBatch = ({ bytes, value, wasMended }: ParsedBody): Batch => ({
  count: countObjects(value),
  data: bytes,
  wasMended,
});

function singleBatch({ bytes, value, wasMended }: ParsedBody): Batch {
  requireObject(value);
  return { count: 1, data: Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]), wasMended };
}

async function put(
  ctx: Context,
  { client, bodyMaxBytes }: GatewayContext,
  batchOf: (body: ParsedBody) => Batch,
): Promise<void> {
  const startedAt = Date.now();
  const deadlineMs = deadlineMsOf(ctx);
  requireJson(ctx);
  const idempotencyKey = keyOf(ctx);
  const batch = batchOf(parseJsonBody(await readBody(ctx.req, bodyMaxBytes)));
  const answer = await client.put(
    {
      batchId: randomUUID(),
      idempotencyKey,
      fingerprint: idempotencyKey === undefined ? undefined : fingerprintOf(batch.data),
      count: batch.count,
      data: batch.data,
    },
    Math.max(1, deadlineMs - (Date.now() - startedAt)),
  );
  if (batch.wasMended) ctx.set('Warning', '299 - "trailing commas were removed"');
  respond(ctx, answer);
}

function requireJson(ctx: Context): void {
  const type = ctx.get('Content-Type').split(';')[0]?.trim().toLowerCase() ?? '';
  if (jsonType.test(type)) return;
  throw new RequestProblem(
    'wrongContentType',
    type === '' ? 'the content type is missing' : `the content type "${type}" is not JSON`,
    "Send Content-Type: application/json (curl: -H 'content-type: application/json').",
  );
}

function keyOf(ctx: Context): string | undefined {
  const key = ctx.get('Idempotency-Key');
  if (key === '') return undefined;
  if (key.length <= keyMaxLength) return key;
  throw new RequestProblem(
    'badParameter',
    `the header Idempotency-Key is longer than ${keyMaxLength} characters`,
    'Use a UUID.',
  );
}

const fingerprintOf = (data: Uint8Array): string =>
  createHash('sha256').update(data).digest('base64url');

function respond(ctx: Context, { placement, isReplay, leader }: PutAnswer): void {
  const { first, last, term, index, batchId: batch } = placement;
  if (isReplay) ctx.set('Idempotent-Replayed', 'true');
  ctx.body = {
    msg: 'Data entries have been acknowledged by the server: [ack].',
    event: 'ack',
    count: last - first + 1,
    first,
    last,
    term,
    index,
    leader,
    batch,
  };
}
