import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import Koa from 'koa';
import type { GatewayContext } from './context.ts';
import { labelAnswers, refuseForeignPages } from './foreign-pages.ts';
import { answerProblems, nameRequest, refuseUnknownPaths } from './middleware.ts';
import type { GatewayState } from './request-state.ts';
import { addRoutes, type Route } from './route.ts';
import { clusterRoutes } from './routes/cluster.ts';
import { entriesRoutes } from './routes/entries.ts';
import { healthRoutes } from './routes/health.ts';
import { keyRangeRoutes } from './routes/key-ranges.ts';
import { keyRoutes } from './routes/keys.ts';
import { leaseRoutes } from './routes/leases.ts';
import { lockQueryRoutes } from './routes/lock-queries.ts';
import { lockRoutes } from './routes/locks.ts';
import { memberRoutes } from './routes/members.ts';
import { putRoutes } from './routes/put.ts';
import { transactionRoutes } from './routes/transactions.ts';
import { watchRoutes } from './routes/watch.ts';

/** Everything that the client server answers. */
export const routes: readonly Route[] = [
  ...putRoutes,
  ...entriesRoutes,
  ...keyRangeRoutes,
  ...keyRoutes,
  ...transactionRoutes,
  ...leaseRoutes,
  ...lockRoutes,
  ...lockQueryRoutes,
  ...watchRoutes,
  ...clusterRoutes,
  ...memberRoutes,
  ...healthRoutes,
];

/** The door for people, without a socket: a Koa app over a cluster client. */
export function createApp(context: GatewayContext): Koa {
  const app = new Koa<GatewayState>();
  // A key that is left away must not stand for the list of all.
  const router = new Router<GatewayState>({ strict: true });
  addRoutes(router, routes, context);
  app.use(labelAnswers);
  app.use(nameRequest(() => randomUUID()));
  app.use(context.metrics.middleware());
  app.use(answerProblems(context));
  app.use(refuseForeignPages(context.allowedHosts));
  app.use(router.routes());
  app.use(refuseUnknownPaths(router));
  // Broken sockets are the clients' affair.
  app.silent = true;
  return app as unknown as Koa;
}
