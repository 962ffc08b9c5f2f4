import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { ClusterClient, type ClusterClientOptions } from './cluster-client.ts';
import type { ServerAddress } from './server-connection.ts';

/** The servers as the configuration file lists them. */
export const serversOf = ({ nodes }: LoadedConfiguration): ServerAddress[] =>
  Object.entries(nodes).map(([id, { host, port }]) => ({ id, host, port }));

/** A client of the cluster that a configuration file describes. */
export const clientOf = (
  configuration: LoadedConfiguration,
  { connectsAtOnce }: Pick<ClusterClientOptions, 'connectsAtOnce'>,
): ClusterClient =>
  new ClusterClient({
    connectsAtOnce,
    clusterName: configuration.clusterName,
    servers: serversOf(configuration),
    pendingMaxBytes: configuration.limits.uncommittedMaxBytes,
    stallMs: configuration.timing.electionMs,
  });
