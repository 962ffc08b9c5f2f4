import type { Context } from 'koa';
import { viewCluster } from '../cluster-view.ts';
import type { GatewayContext } from '../context.ts';
import { type Route, route } from '../route.ts';

/** For those who watch: is the process alive, can it serve, what are its figures. */
export const healthRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/livez',
    answer(ctx) {
      ctx.body = { status: 'alive' };
    },
  }),
  route({ method: 'get', path: '/readyz', answer: showReadiness }),
  route({
    method: 'get',
    path: '/metrics',
    async answer(ctx, { client, metrics }) {
      metrics.observeCluster(await viewCluster(client));
      ctx.type = metrics.contentType;
      ctx.body = await metrics.text();
    },
  }),
];

function showReadiness(ctx: Context, { client }: GatewayContext): void {
  const { leader } = client;
  ctx.status = leader === undefined ? 503 : 200;
  ctx.body =
    leader === undefined
      ? { status: 'not ready', reason: 'there is no leader' }
      : { status: 'ready', leader };
}
