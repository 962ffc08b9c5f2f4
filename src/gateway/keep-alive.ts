import type { ClusterClient } from '../client/cluster-client.ts';
import type { Read } from '../client/query.ts';
import { ClusterError } from '../errors/cluster-error.ts';

/** Deadlines are the affair of the leader, which answers without the log. */
export async function keepLeasesAlive(
  client: ClusterClient,
  leases: readonly number[],
  timeoutMs: number,
): Promise<Read<'leases.keepAlive'>> {
  const demand = { consistency: 'lease' } as const;
  try {
    return await client.query('leases.keepAlive', { leases }, demand, timeoutMs);
  } catch (error) {
    const isOpen = error instanceof ClusterError && error.code === 'noLeader';
    // For all other queries that is the same as an effect that there never was.
    throw isOpen ? new ClusterError('outcomeUnknown', 'no leader has answered in time') : error;
  }
}
