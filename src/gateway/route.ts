import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { type BodyRule, noBody } from './bodies.ts';
import type { GatewayContext } from './context.ts';
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
  /** What helps somebody who does not know whether it had its effect. */
  readonly ifUnknown: string | undefined;
  readonly run: (ctx: Context, context: GatewayContext) => Promise<void>;
};

/** What was asked for, checked. */
type Request<Params, Query, Headers, Body> = {
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  /** What is left of the time that the client is willing to wait. */
  readonly deadlineMs: number;
};

type Shape = z.ZodObject;
const nothing = z.strictObject({});
type Nothing = typeof nothing;

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
    readonly ifUnknown?: string;
    readonly answer: (
      ctx: Context,
      context: GatewayContext,
      request: Request<z.output<Params>, z.output<Query>, z.output<Headers>, Body>,
    ) => Promise<void> | void;
  },
): Route {
  const { method, path, answer, ifUnknown } = fields;
  const params = (fields.params ?? nothing) as Params;
  const query = (fields.query ?? nothing) as Query;
  const headers = (fields.headers ?? nothing) as Headers;
  const body = (fields.body ?? noBody) as BodyRule<Body>;
  const read = {
    params: paramsReader(params),
    query: queryReader(query),
    headers: headersReader(headers),
  };
  const run = async (ctx: Context, context: GatewayContext): Promise<void> => {
    const startedAt = Date.now();
    if (ifUnknown !== undefined) (ctx.state as GatewayState).ifUnknown = ifUnknown;
    const givenMs = deadlineMsOf(ctx);
    const [params, query, headers] = [read.params(ctx), read.query(ctx), read.headers(ctx)];
    const content = await body.read(ctx, context.bodyMaxBytes);
    const deadlineMs = Math.max(1, givenMs - (Date.now() - startedAt));
    await answer(ctx, context, { params, query, headers, body: content, deadlineMs });
  };
  return { method, path, params, query, headers, body, ifUnknown, run };
}

export function addRoutes(
  router: Router<GatewayState>,
  routes: readonly Route[],
  context: GatewayContext,
): void {
  for (const { method, path, run } of routes) router[method](path, ctx => run(ctx, context));
}
