import type { Config, Identity, Member, NodeId } from './types.ts';

export const quorumSize = (voterCount: number): number => Math.floor(voterCount / 2) + 1;

export const votersOf = (config: Config | undefined): readonly Member[] =>
  config === undefined ? [] : config.members.filter(member => member.isVoter);

export const memberOf = (config: Config | undefined, id: NodeId): Member | undefined =>
  config?.members.find(member => member.id === id);

/** Is it named, with this very data directory? A wiped server is another one. */
export const isMember = (
  config: Config | undefined,
  { id, directoryId }: Pick<Identity, 'id' | 'directoryId'>,
): boolean => memberOf(config, id)?.directoryId === directoryId;

/** Does everybody vote and stay? Then no change of the members is on its way. */
export const isSteady = ({ members }: Config): boolean =>
  members.every(({ isVoter, isLeaving }) => isVoter && !isLeaving);

export function isQuorum(config: Config | undefined, supporters: ReadonlySet<NodeId>): boolean {
  const voters = votersOf(config);
  const count = voters.filter(({ id }) => supporters.has(id)).length;
  return voters.length > 0 && count >= quorumSize(voters.length);
}

/**
 * The largest value that a quorum of voters has reached. `reachedBy` must give a number for every
 * voter; what proves nothing counts as the smallest value.
 */
export function reachedByQuorum(
  config: Config | undefined,
  reachedBy: (voter: Member) => number,
): number {
  const values = votersOf(config)
    .map(reachedBy)
    .sort((a, b) => b - a);
  const value = values[quorumSize(values.length) - 1];
  return value ?? 0;
}
