import type { NodeId } from '../consensus/types.ts';
import type { QueryRefusal } from '../machines/machine.ts';

/** Why a read is not answered here. It has had no effect. */
export type Refusal = {
  readonly reason: 'notLeader' | 'tooStale' | 'overloaded' | 'unreadable' | 'level' | QueryRefusal;
  /** In words, for people. */
  readonly detail: string;
  readonly leader?: NodeId;
};

export const notLeader = (leader: NodeId | undefined): Refusal => ({
  reason: 'notLeader',
  detail: leader === undefined ? 'there is no leader' : `${leader} leads`,
  ...(leader === undefined ? {} : { leader }),
});

/** What the answer must show has not come in time; or too many wait for it. */
export const notApplied = (
  index: number,
  reason: 'overloaded' | 'tooStale' = 'overloaded',
): Refusal => ({
  reason,
  detail: `entry ${index} is not applied here yet`,
});
