import type Router from '@koa/router';
import type { Context } from 'koa';
import type { GatewayContext, GatewayState } from '../app.ts';
import { viewCluster } from '../cluster-view.ts';

/** For those who watch: is the process alive, can it serve, what are its figures. */
export function addHealthRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.get('/livez', ctx => {
    ctx.body = { status: 'alive' };
  });
  router.get('/readyz', ctx => showReadiness(ctx, context));
  router.get('/metrics', async ctx => {
    context.metrics.observeCluster(await viewCluster(context.client));
    ctx.type = context.metrics.contentType;
    ctx.body = await context.metrics.text();
  });
}

function showReadiness(ctx: Context, { client }: GatewayContext): void {
  const { leader } = client;
  ctx.status = leader === undefined ? 503 : 200;
  ctx.body =
    leader === undefined
      ? { status: 'not ready', reason: 'there is no leader' }
      : { status: 'ready', leader };
}
