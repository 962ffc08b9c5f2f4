import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { ClusterClient } from './cluster-client.ts';

/** A client of the cluster that a configuration file describes. */
export const clientOf = (configuration: LoadedConfiguration): ClusterClient =>
  new ClusterClient({
    clusterId: configuration.clusterName,
    servers: Object.entries(configuration.nodes).map(([id, node]) => ({ ...node, id })),
    pendingMaxBytes: configuration.limits.uncommittedMaxBytes,
    stallMs: configuration.timing.electionMs,
  });
