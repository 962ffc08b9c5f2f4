import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { ClusterError, clusterErrors } from '../errors/cluster-error.ts';
import type { GatewayContext } from './context.ts';
import { suggestion } from './nearest-name.ts';
import { type Problem, problemOf, RequestProblem } from './problem.ts';
import type { GatewayState } from './request-state.ts';

const retryAfterSeconds = 1;

/** Gives the request a name under which it can be found in the log. */
export const nameRequest =
  (createId: () => string): Middleware<GatewayState> =>
  (ctx, next) => {
    ctx.state.requestId = createId();
    ctx.set('X-Request-Id', ctx.state.requestId);
    return next();
  };

/** Turns everything that is thrown into one clear answer; a stack trace stays inside. */
export const answerProblems =
  (context: GatewayContext): Middleware<GatewayState> =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = problemFor(error, ctx.state);
      if (problem.code === 'internal') context.onError(ctx.state.requestId, error as Error);
      answer(ctx, problem);
    }
  };

function problemFor(error: unknown, { requestId: request, ifUnknown }: GatewayState): Problem {
  if (error instanceof RequestProblem) {
    const { code, message: detail, hint, more } = error;
    return { ...problemOf({ code, detail, hint, request, outcome: 'rejected' }), ...more };
  }
  if (error instanceof ClusterError) {
    const { code, message: detail, outcome, batchId: batch } = error;
    const isOpen = outcome === 'unknown' && ifUnknown !== undefined;
    const hint = isOpen ? ifUnknown : clusterErrors[code].hint;
    return problemOf({ code, detail, hint, request, outcome, batch });
  }
  return problemOf({
    code: 'internal',
    detail: 'the client server has failed at this request',
    outcome: 'unknown',
    hint: 'Look for the request in the log of the client server.',
    request,
  });
}

function answer(ctx: Context, problem: Problem): void {
  ctx.status = problem.status;
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify(problem);
  if (problem.status === 503 || problem.status === 429) {
    ctx.set('Retry-After', String(retryAfterSeconds));
  }
}

/** Whatever no route has taken: an unknown path, or a known one with another method. */
export const refuseUnknownPaths =
  (router: Router<GatewayState>): Middleware<GatewayState> =>
  ctx => {
    const known = router.stack.filter(layer => layer.match(ctx.path));
    if (known.length === 0) {
      const hint =
        'POST /put_all, /put_key, /v1/txn; GET, PUT, DELETE /v1/kv/{key}; ' +
        'GET /v1/kv, /v1/watch, /v1/entries, /v1/cluster, /v1/gossip, /metrics.';
      const paths = router.stack.map(({ path }) => String(path));
      const detail = `there is nothing at ${ctx.path}${suggestion(ctx.path, paths)}`;
      throw new RequestProblem('notFound', detail, hint);
    }
    const methods = [...new Set(known.flatMap(layer => layer.methods))].join(', ');
    ctx.set('Allow', methods);
    throw new RequestProblem(
      'methodNotAllowed',
      `${ctx.path} does not take ${ctx.method}`,
      `Use ${methods}.`,
    );
  };
