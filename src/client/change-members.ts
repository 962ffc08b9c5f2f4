import type { MemberChange } from '../words.ts';
import type { ServerCalls } from './server-calls.ts';

/**
 * Tells the leader what shall be different about the members, and resolves once a majority knows.
 * Asked again it changes nothing more, so a lost answer does no harm. Rejects with a ClusterError.
 */
export async function changeMembers(
  calls: ServerCalls,
  changes: readonly MemberChange[],
  timeoutMs: number,
): Promise<void> {
  await calls.askLeader(
    timeoutMs,
    (connection, attemptMs) => connection.changeMembers(changes, attemptMs),
    { isChange: true },
  );
}
