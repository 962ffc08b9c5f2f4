import { resolve } from 'node:path';
import { clientOf } from '../client/client-of.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import { StartupError } from '../errors/startup-error.ts';

/** So long a command tries to reach the cluster. */
export const commandTimeoutMs = 5000;

/** Does something with a client of the cluster; what the cluster refuses ends in one sentence. */
export async function withClient(
  { config }: { readonly config: string },
  run: (client: ClusterClient) => Promise<void>,
): Promise<void> {
  const client = clientOf(loadConfiguration(resolve(config)), { connectsAtOnce: false });
  try {
    await run(client);
  } catch (error) {
    throw error instanceof ClusterError ? new StartupError(error.message) : error;
  } finally {
    client.close();
  }
}
