import type { ClusterClient } from '../client/cluster-client.ts';
import type { LockLine } from '../client/lock-line.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { WatchHub } from './watch-hub.ts';

/** What the routes of the client server stand on. */
export type GatewayContext = {
  readonly client: ClusterClient;
  readonly metrics: GatewayMetrics;
  readonly watches: WatchHub;
  /** Those who wait for locks here. */
  readonly line: LockLine;
  readonly clusterName: string;
  readonly bodyMaxBytes: number;
  /** Names under which we are reached, beside addresses and localhost. */
  readonly allowedHosts: readonly string[];
  /** The servers of the configuration, with what people want to know of them. */
  readonly nodes: Readonly<
    Record<string, { host: string; port: number; zone?: string | undefined }>
  >;
  /** Tells of what went wrong inside. */
  readonly onError: (request: string, error: Error) => void;
};
