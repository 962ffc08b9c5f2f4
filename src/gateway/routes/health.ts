import type { Context } from 'koa';
import { viewCluster } from '../../client/cluster-view.ts';
import { ClusterError } from '../../errors/cluster-error.ts';
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

/** Ready is who can serve: as /v1/cluster says, and for its reason. */
async function showReadiness(ctx: Context, { client }: GatewayContext): Promise<void> {
  const { health, reason, survives, leader } = await viewCluster(client);
  if (health === 'RED') throw new ClusterError('noLeader', reason);
  ctx.body = { status: 'ready', health, reason, survives, leader };
}
