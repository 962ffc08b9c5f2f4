import { isMember, votersOf } from './quorum.ts';
import type { Replica } from './replica.ts';
import type { Config, Identity } from './types.ts';

/*
 * Which configuration is believed, and from whom. Whoever has made us believe one decides which
 * majorities count, for good: it is on our disk from then on.
 */

export type Sender = Pick<Identity, 'id' | 'directoryId'>;

export type Objection =
  /** It is of another cluster, or who sends it is a member of neither ours nor the new one. */
  | 'stranger'
  /** It has no voter in common with ours and does not name us: who knows where it comes from. */
  | 'unrelated';

/**
 * Why a configuration is not believed although it is newer than ours; undefined when it is.
 *
 * It must follow from ours. Voters change one at a time, so neighbouring configurations share
 * voters (by directory: names come from files). A server that was away for more changes than that
 * is still reached by what names it. Only one that was away while it was removed *and* all others
 * were replaced is not: nothing that it knows vouches for what it hears.
 */
export function objectionTo(
  { config: own, identity }: Pick<Replica, 'config' | 'identity'>,
  config: Config,
  sender: Sender,
): Objection | undefined {
  if (own === undefined) return isMember(config, sender) ? undefined : 'stranger';
  const areKnown = own.clusterId !== undefined && config.clusterId !== undefined;
  if (areKnown && own.clusterId !== config.clusterId) return 'stranger';
  if (!isMember(config, sender) && !isMember(own, sender)) return 'stranger';
  return isMember(config, identity) || sharesVoter(own, config) ? undefined : 'unrelated';
}

const sharesVoter = (one: Config, two: Config): boolean => {
  const voters = votersOf(two);
  return votersOf(one).some(({ id, directoryId }) =>
    voters.some(other => other.id === id && other.directoryId === directoryId),
  );
};
