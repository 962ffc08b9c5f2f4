import { createHash, randomUUID } from 'node:crypto';
import type { Context } from 'koa';
import { z } from 'zod';
import type { PutAnswer } from '../../client/cluster-client.ts';
import { type Batch, type BodyRule, manyObjects, oneObject } from '../bodies.ts';
import { type Route, route } from '../route.ts';

const keyMaxLength = 200;

const idempotencyShape = z.strictObject({
  'Idempotency-Key': z
    .string()
    .max(keyMaxLength, { error: `which is longer than ${keyMaxLength} characters: use a UUID` })
    .optional(),
});

const putRoute = (path: string, body: BodyRule<Batch>): Route =>
  route({
    method: 'post',
    path,
    headers: idempotencyShape,
    body,
    ifUnknown:
      'Repeat it under the same Idempotency-Key, if it had one: it counts once. ' +
      'Without, ask GET /v1/batches/{batch} first.',
    async answer(ctx, { client }, { headers, body: batch, deadlineMs }) {
      const { count, data, wasMended } = batch;
      const idempotencyKey = headers['Idempotency-Key'];
      const fingerprint = idempotencyKey === undefined ? undefined : fingerprintOf(data);
      const request = { batchId: randomUUID(), idempotencyKey, fingerprint, count, data };
      const answer = await client.put(request, deadlineMs);
      if (wasMended) ctx.set('Warning', '299 - "trailing commas were removed"');
      respond(ctx, answer);
    },
  });

/** Objects that people post, a batch or one alone. */
export const putRoutes: readonly Route[] = [
  putRoute('/put_all', manyObjects),
  putRoute('/put_key', oneObject),
];

const fingerprintOf = (data: Uint8Array): string =>
  createHash('sha256').update(data).digest('base64url');

function respond(ctx: Context, { placement, isReplay, leader, windowMs }: PutAnswer): void {
  const { first, last, term, index, batchId: batch } = placement;
  if (isReplay) ctx.set('Idempotent-Replayed', 'true');
  if (windowMs !== undefined) {
    ctx.set('Idempotency-Window-Seconds', String(Math.floor(windowMs / 1000)));
  }
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
