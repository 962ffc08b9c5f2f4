import type { ClusterId } from '../words.ts';
import type { Config } from './facts.ts';

/** How a server, a message or a client names a cluster: by its identity once that is known. */
export type ClusterReference = {
  readonly clusterId: ClusterId | undefined;
  readonly clusterName: string;
};

/** Names count only where there is no identity to compare: all clusters may have the same one. */
export const isSameCluster = (one: ClusterReference, two: ClusterReference): boolean =>
  one.clusterId !== undefined && two.clusterId !== undefined
    ? one.clusterId === two.clusterId
    : one.clusterName === two.clusterName;

/**
 * The identity of a cluster that was founded before clusters had one. Made of what all of its
 * servers know, not at random: two leaders that both give it one, before either is heard by a
 * majority, must give it the same, or the followers of the first would be strangers to the second.
 */
export function givenClusterId({ clusterId, members }: Config): ClusterId | undefined {
  if (clusterId !== undefined) return clusterId;
  const oldest = members.find(({ directoryId }) => directoryId !== undefined)?.directoryId;
  return oldest === undefined ? undefined : (`of-${oldest}` as ClusterId);
}
