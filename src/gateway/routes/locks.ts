import type { Context } from 'koa';
import { z } from 'zod';
import type { HeldLock, PlaceInLine } from '../../client/lock-line.ts';
import { jsonBody } from '../bodies.ts';
import type { GatewayContext } from '../context.ts';
import { keepLeasesAlive } from '../keep-alive.ts';
import { lockName } from '../key-parameters.ts';
import { holder, lease, lockTtl, msOf, problemOfHold, token } from '../lease-fields.ts';
import { RequestProblem } from '../problem.ts';
import { describeRead } from '../read-headers.ts';
import { type Route, route, type Sending } from '../route.ts';
import { operate } from '../transact.ts';

const waitMaxMs = 600_000;
/** A connection on which nothing moves is cut off otherwise. */
const silenceMs = 60_000;
const params = z.strictObject({ name: lockName });

const acquireShape = z
  .strictObject({
    holder,
    ttl: lockTtl.optional(),
    lease: lease.optional(),
    waitMs: z
      .number({ error: 'expected milliseconds' })
      .int({ error: 'expected whole milliseconds' })
      .min(0, { error: 'expected at least 0 milliseconds' })
      .max(waitMaxMs, { error: `expected at most ${waitMaxMs} milliseconds` })
      .default(0),
  })
  .superRefine((body, context) => {
    const message = problemOfHold(body);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['ttl'], message });
  });

/** Takes the lock; or a place in the line before it, until it is given or the time is over. */
const acquire = route({
  method: 'post',
  path: '/v1/locks/:name/acquire',
  params,
  body: jsonBody(acquireShape, '{"holder":"me","ttl":10}'),
  isWrite: true,
  ifUnknown: 'Acquire it again as the same holder: who holds it already gets its token.',
  async answer(ctx, context, { params: { name: lock }, body, ...sending }) {
    const { holder, ttl, lease, waitMs } = body;
    const hold = { ttlMs: ttl === undefined ? undefined : msOf(ttl), lease, waits: waitMs > 0 };
    const done = await operate(
      ctx,
      context,
      { op: 'keys.acquire', lock, holder, ...hold },
      sending,
    );
    const { answer, leader } = done;
    const { ticket = 0, ttlMs } = answer;
    const place = { ...answer, lock, holder, ticket, isPrivate: lease === undefined };
    const held = hasToken(answer) ? answer : await waitInLine(ctx, context, place, waitMs);
    const { token, revision } = held;
    ctx.body = { lock, token, ttl_ms: ttlMs, lease: held.lease, revision, leader };
  },
});

const hasToken = <Held extends { readonly token: number | undefined }>(
  held: Held,
): held is Held & { readonly token: number } => held.token !== undefined;

/** Whoever hangs up does not get it. */
async function waitInLine(
  ctx: Context,
  { line }: GatewayContext,
  place: PlaceInLine,
  waitMs: number,
): Promise<HeldLock> {
  const gone = new AbortController();
  ctx.res.once('close', () => gone.abort());
  if (ctx.res.closed) gone.abort();
  ctx.req.socket.setTimeout(waitMs + silenceMs);
  const held = await line.wait(place, { waitMs, signal: gone.signal });
  if (held !== undefined) return held;
  const detail = `the lock has not become free for you within ${waitMs} ms`;
  throw new RequestProblem(
    'lockHeld',
    detail,
    'Acquire it again: it begins at the end of the line.',
  );
}

const renew = route({
  method: 'post',
  path: '/v1/locks/:name/renew',
  params,
  body: jsonBody(z.strictObject({ token, ttl: lockTtl }), '{"token":9,"ttl":10}'),
  isWrite: true,
  ifUnknown: 'Renew it again: nothing is counted.',
  async answer(ctx, context, { params: { name: lock }, body, ...sending }) {
    const renewal = { lock, token: body.token, ttlMs: msOf(body.ttl) };
    if (sending.idempotency === undefined && (await keepAlive(ctx, context, renewal, sending)))
      return;
    const { answer, leader } = await operate(
      ctx,
      context,
      { op: 'keys.renew', ...renewal },
      sending,
    );
    const { token, lease, ttlMs, revision } = answer;
    ctx.body = { lock, token, lease, ttl_ms: ttlMs, revision, leader };
  },
});

type Renewal = { readonly lock: string; readonly token: number; readonly ttlMs: number };

/** Without the log, where nothing but the deadline changes, which is the leader's own affair. */
async function keepAlive(
  ctx: Context,
  { client }: GatewayContext,
  { lock, token, ttlMs }: Renewal,
  { deadlineMs }: Sending,
): Promise<boolean> {
  const demand = { consistency: 'lease' } as const;
  const named = await client.query('keys.lock', { lock, limit: 1 }, demand, deadlineMs);
  const { found } = named.answer;
  if (found?.token !== token) return false;
  const { lease, revision } = found;
  const { answer, view } = await keepLeasesAlive(client, [lease], deadlineMs);
  const isKept = answer.leases.some(one => one.lease === lease && one.ttlMs === ttlMs);
  if (!isKept) return false;
  describeRead(ctx, view);
  ctx.body = { lock, token, lease, ttl_ms: ttlMs, revision, leader: view.server };
  return true;
}

const release = route({
  method: 'post',
  path: '/v1/locks/:name/release',
  params,
  body: jsonBody(z.strictObject({ token }), '{"token":9}'),
  isWrite: true,
  ifUnknown: 'Release it again: 409 staleToken says that it is done.',
  async answer(ctx, context, { params: { name: lock }, body, ...sending }) {
    const operation = { op: 'keys.release', lock, token: body.token } as const;
    const { answer, leader } = await operate(ctx, context, operation, sending);
    ctx.body = { lock, released: true, revision: answer.revision, leader };
  },
});

/** Locks with a time to live. Their tokens only grow, and a write that carries one is fenced. */
export const lockRoutes: readonly Route[] = [acquire, renew, release];
