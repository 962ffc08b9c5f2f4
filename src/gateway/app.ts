import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import Koa from 'koa';
import type { ClusterClient } from '../client/cluster-client.ts';
import type { GatewayMetrics } from './metrics.ts';
import { answerProblems, nameRequest, refuseUnknownPaths } from './middleware.ts';
import { addClusterRoutes } from './routes/cluster.ts';
import { addEntriesRoutes } from './routes/entries.ts';
import { addHealthRoutes } from './routes/health.ts';
import { addKeyRoutes } from './routes/keys.ts';
import { addLockRoutes } from './routes/locks.ts';
import { addMemberRoutes } from './routes/members.ts';
import { addPutRoutes } from './routes/put.ts';
import { addTransactionRoutes } from './routes/transactions.ts';
import { addWatchRoutes } from './routes/watch.ts';

export type GatewayContext = {
  readonly client: ClusterClient;
  readonly metrics: GatewayMetrics;
  readonly clusterName: string;
  readonly bodyMaxBytes: number;
  /** The servers of the configuration, with what people want to know of them. */
  readonly nodes: Readonly<
    Record<string, { host: string; port: number; zone?: string | undefined }>
  >;
  /** Tells of what went wrong inside. */
  readonly onError: (request: string, error: Error) => void;
};

export type GatewayState = { requestId: string };

/** The door for people, without a socket: a Koa app over a cluster client. */
export function createApp(context: GatewayContext): Koa {
  const app = new Koa<GatewayState>();
  const router = new Router<GatewayState>();
  addPutRoutes(router, context);
  addEntriesRoutes(router, context);
  addKeyRoutes(router, context);
  addTransactionRoutes(router, context);
  addLockRoutes(router, context);
  addWatchRoutes(router, context);
  addClusterRoutes(router, context);
  addMemberRoutes(router, context);
  addHealthRoutes(router, context);
  app.use(nameRequest(() => randomUUID()));
  app.use(context.metrics.middleware());
  app.use(answerProblems(context));
  app.use(router.routes());
  app.use(refuseUnknownPaths(router));
  // Broken sockets are the clients' affair.
  app.silent = true;
  return app as unknown as Koa;
}
