import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import type { Operation } from '../../state-machines/transaction.ts';
import { abortProblem } from '../abort-problem.ts';
import type { GatewayContext, GatewayState } from '../app.ts';
import { deadlineMsOf } from '../parameters.ts';
import { parseJsonBody } from '../parse-objects.ts';
import { RequestProblem } from '../problem.ts';
import { readBody } from '../read-body.ts';
import { shapedBy } from '../shaped-by.ts';

const bodyMaxBytes = 16 * 1024;
const nameMaxLength = 256;
const msPerSecond = 1000;

const ttl = z
  .number({ error: 'expected seconds' })
  .min(0.1, { error: 'expected at least 0.1 seconds' })
  .max(86_400, { error: 'expected at most a day' });
const token = z.number({ error: 'expected the token of the lock' }).int().nonnegative();
const holder = z.string({ error: 'expected a name' }).min(1).max(nameMaxLength);
const acquireShape = z.strictObject({ holder, ttl });
const renewShape = z.strictObject({ token, ttl });
const releaseShape = z.strictObject({ token });

/** Locks with a time to live. Their tokens only grow, and a write that carries one is fenced. */
export function addLockRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.post('/v1/locks/:name/acquire', async ctx => {
    const body = await bodyOf(ctx, acquireShape);
    const ttlMs = Math.round(msPerSecond * body.ttl);
    await operate(ctx, context, { op: 'acquire', lock: nameOf(ctx), holder: body.holder, ttlMs });
  });
  router.post('/v1/locks/:name/renew', async ctx => {
    const body = await bodyOf(ctx, renewShape);
    const ttlMs = Math.round(msPerSecond * body.ttl);
    await operate(ctx, context, { op: 'renew', lock: nameOf(ctx), token: body.token, ttlMs });
  });
  router.post('/v1/locks/:name/release', async ctx => {
    const body = await bodyOf(ctx, releaseShape);
    await operate(ctx, context, { op: 'release', lock: nameOf(ctx), token: body.token });
  });
}

const bodyOf = async <T>(ctx: Context, shape: z.ZodType<T>): Promise<T> =>
  shapedBy(shape, parseJsonBody(await readBody(ctx.req, bodyMaxBytes)).value);

function nameOf(ctx: Context): string {
  const name = String(ctx['params'].name ?? '');
  if (name.length <= nameMaxLength) return name;
  const detail = `the name of the lock is longer than ${nameMaxLength} characters`;
  throw new RequestProblem('badParameter', detail, 'Use a shorter one.');
}

async function operate(
  ctx: Context,
  { client }: GatewayContext,
  operation: Operation & { readonly lock: string },
): Promise<void> {
  const { result, leader } = await client.transact(
    { compare: [], success: [operation], failure: [] },
    deadlineMsOf(ctx),
  );
  if (result.kind === 'aborted') throw abortProblem(result.reason);
  const [answer] = result.answers;
  const { revision } = result;
  ctx.body =
    answer?.op === 'locked'
      ? { lock: operation.lock, token: answer.token, ttl_ms: answer.ttlMs, revision, leader }
      : { lock: operation.lock, released: true, revision, leader };
}
