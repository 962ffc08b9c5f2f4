import type { Context } from 'koa';
import { z } from 'zod';
import type { Operation } from '../../state-machines/transaction.ts';
import { abortProblem } from '../abort-problem.ts';
import { jsonBody } from '../bodies.ts';
import type { GatewayContext } from '../context.ts';
import { type Route, route } from '../route.ts';

const nameMaxLength = 256;
const msPerSecond = 1000;

const ttl = z
  .number({ error: 'expected seconds' })
  .min(0.1, { error: 'expected at least 0.1 seconds' })
  .max(86_400, { error: 'expected at most a day' });
const token = z.number({ error: 'expected the token of the lock' }).int().nonnegative();
const holder = z.string({ error: 'expected a name' }).min(1).max(nameMaxLength);
const params = z.strictObject({ name: z.string().min(1).max(nameMaxLength) });

const lockRoute = <Shape extends z.ZodObject>(
  verb: string,
  shape: Shape,
  { example, ifUnknown }: { readonly example: string; readonly ifUnknown: string },
  operationOf: (lock: string, body: z.output<Shape>) => Operation & { readonly lock: string },
): Route =>
  route({
    method: 'post',
    path: `/v1/locks/:name/${verb}`,
    params,
    body: jsonBody(shape, example),
    ifUnknown,
    answer: (ctx, context, { params: { name }, body, deadlineMs }) =>
      operate(ctx, context, operationOf(name, body), deadlineMs),
  });

const msOf = (seconds: number): number => Math.round(msPerSecond * seconds);

/** Locks with a time to live. Their tokens only grow, and a write that carries one is fenced. */
export const lockRoutes: readonly Route[] = [
  lockRoute(
    'acquire',
    z.strictObject({ holder, ttl }),
    {
      example: '{"holder":"me","ttl":10}',
      ifUnknown: 'Acquire it again as the same holder: who holds it already gets its token.',
    },
    (lock, body) => ({ op: 'acquire', lock, holder: body.holder, ttlMs: msOf(body.ttl) }),
  ),
  lockRoute(
    'renew',
    z.strictObject({ token, ttl }),
    {
      example: '{"token":9,"ttl":10}',
      ifUnknown: 'Renew it again: nothing is counted.',
    },
    (lock, body) => ({
      op: 'renew',
      lock,
      token: body.token,
      ttlMs: msOf(body.ttl),
    }),
  ),
  lockRoute(
    'release',
    z.strictObject({ token }),
    { example: '{"token":9}', ifUnknown: 'Release it again: 409 staleToken says that it is done.' },
    (lock, body) => ({
      op: 'release',
      lock,
      token: body.token,
    }),
  ),
];

async function operate(
  ctx: Context,
  { client }: GatewayContext,
  operation: Operation & { readonly lock: string },
  deadlineMs: number,
): Promise<void> {
  const { result, leader } = await client.transact(
    { compare: [], success: [operation], failure: [] },
    deadlineMs,
  );
  if (result.kind === 'aborted') throw abortProblem(result.reason);
  const [answer] = result.answers;
  const { revision } = result;
  ctx.body =
    answer?.op === 'locked'
      ? { lock: operation.lock, token: answer.token, ttl_ms: answer.ttlMs, revision, leader }
      : { lock: operation.lock, released: true, revision, leader };
}
