import { resolve } from 'node:path';
import { clientOf } from '../client/client-of.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import { StartupError } from '../errors/startup-error.ts';

const timeoutMs = 10_000;

/** `gossip-raft leader transfer`: hands the leadership over, and tells who leads then. */
export async function transfer(
  to: string | undefined,
  options: { readonly config: string },
): Promise<void> {
  const client = clientOf(loadConfiguration(resolve(options.config)));
  try {
    process.stdout.write(`${await client.transferLeadership(to, timeoutMs)} leads\n`);
  } catch (error) {
    throw error instanceof ClusterError ? new StartupError(error.message) : error;
  } finally {
    client.close();
  }
}
