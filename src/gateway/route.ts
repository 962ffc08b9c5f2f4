import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import type { Idempotency } from '../machines/frame/command.ts';
import { type BodyRule, noBody } from './bodies.ts';
import type { GatewayContext } from './context.ts';
import { idempotencyOf } from './idempotency.ts';
import { deadlineMsOf, headersReader, paramsReader, queryReader } from './parameters.ts';
import type { GatewayState } from './request-state.ts';

/** One kind of request: everything that it may say has a shape, and whatever else is refused. */
export type Route = {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly headers: z.ZodObject;
  readonly body: BodyRule<unknown>;
  /** A write through the log: it may have an Idempotency-Key. */
  readonly isWrite: boolean;
  /** What helps somebody who does not know whether it had its effect. */
  readonly ifUnknown: string | undefined;
  readonly run: (ctx: Context, context: GatewayContext) => Promise<void>;
};

/** How a write is sent. */
export type Sending = {
  /** What is left of the time that the client is willing to wait. */
  readonly deadlineMs: number;
  readonly idempotency: Idempotency | undefined;
};

/** What was asked for, checked. */
type Request<Params, Query, Headers, Body> = Sending & {
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  /** The body as it was written, but for trailing commas. */
  readonly bytes: Uint8Array;
};

type Shape = z.ZodObject;
const nothing = z.strictObject({});
type Nothing = typeof nothing;

const ifKeyed = 'Repeat it as it is, under the same Idempotency-Key: it counts once.';

export function route<
  Params extends Shape = Nothing,
  Query extends Shape = Nothing,
  Headers extends Shape = Nothing,
  Body = undefined,
>(
  fields: Pick<Route, 'method' | 'path'> & {
    /** In the order in which the path names them. */
    readonly params?: Params;
    readonly query?: Query;
    readonly headers?: Headers;
    readonly body?: BodyRule<Body>;
    readonly isWrite?: boolean;
    readonly ifUnknown?: string;
    readonly answer: (
      ctx: Context,
      context: GatewayContext,
      request: Request<z.output<Params>, z.output<Query>, z.output<Headers>, Body>,
    ) => Promise<void> | void;
  },
): Route {
  const { method, path, answer, ifUnknown, isWrite = false } = fields;
  const params = (fields.params ?? nothing) as Params;
  const query = (fields.query ?? nothing) as Query;
  const headers = (fields.headers ?? nothing) as Headers;
  const body = (fields.body ?? noBody) as BodyRule<Body>;
  const headerNames = Object.keys(headers.shape);
  const read = {
    params: paramsReader(params),
    query: queryReader(query),
    headers: headersReader(headers, { takesIdempotencyKey: isWrite }),
  };
  const run = async (ctx: Context, context: GatewayContext): Promise<void> => {
    const startedAt = Date.now();
    if (ifUnknown !== undefined) (ctx.state as GatewayState).ifUnknown = ifUnknown;
    const givenMs = deadlineMsOf(ctx);
    const [params, query, headers] = [read.params(ctx), read.query(ctx), read.headers(ctx)];
    const { value, bytes } = await body.read(ctx, context.bodyMaxBytes);
    const idempotency = isWrite ? idempotencyOf(ctx, headerNames, bytes) : undefined;
    if (idempotency !== undefined) (ctx.state as GatewayState).ifUnknown = ifKeyed;
    const deadlineMs = Math.max(1, givenMs - (Date.now() - startedAt));
    const sending = { deadlineMs, idempotency };
    await answer(ctx, context, { params, query, headers, body: value, bytes, ...sending });
  };
  return { method, path, params, query, headers, body, isWrite, ifUnknown, run };
}

export function addRoutes(
  router: Router<GatewayState>,
  routes: readonly Route[],
  context: GatewayContext,
): void {
  for (const { method, path, run } of routes) router[method](path, ctx => run(ctx, context));
}
