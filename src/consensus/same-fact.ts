import { compareConfigIds, compareRounds, isSamePosition } from './position.ts';
import type { Fact } from './types.ts';

/**
 * Do two facts of one owner say the same? Not compared is what differs from one moment to the next
 * although nothing has happened: the count of the facts, the age of the newest round, what is left
 * of an older lease. (Asked before every message: so field by field.)
 */
export const saysTheSame = (one: Fact, two: Fact): boolean =>
  // What changes most comes first.
  compareRounds(one.seen, two.seen) === 0 &&
  one.applied === two.applied &&
  isSamePosition(one.durable, two.durable) &&
  isSamePosition(one.last, two.last) &&
  isSamePosition(one.commit, two.commit) &&
  isSameStanding(one, two) &&
  isSameLog(one, two) &&
  isSameMembership(one, two);

/** In the elections. */
const isSameStanding = (one: Fact, two: Fact): boolean =>
  one.term === two.term &&
  one.role === two.role &&
  one.leader === two.leader &&
  one.vote === two.vote &&
  one.support === two.support &&
  one.seenLeaseMs === two.seenLeaseMs &&
  one.transferee === two.transferee &&
  one.isTransferee === two.isTransferee;

/** What it has, and where it gets it. */
const isSameLog = (one: Fact, two: Fact): boolean =>
  one.source === two.source &&
  one.depth === two.depth &&
  one.pullerCount === two.pullerCount &&
  one.firstIndex === two.firstIndex &&
  one.logGeneration === two.logGeneration &&
  one.commandLevel === two.commandLevel &&
  one.isDiskStalled === two.isDiskStalled &&
  one.isRecovering === two.isRecovering;

const isSameMembership = (one: Fact, two: Fact): boolean =>
  one.owner === two.owner &&
  one.directoryId === two.directoryId &&
  one.incarnation === two.incarnation &&
  compareConfigIds(one.configId, two.configId) === 0 &&
  one.sponsor === two.sponsor &&
  one.membersHash === two.membersHash &&
  one.timing.heartbeatIntervalMs === two.timing.heartbeatIntervalMs &&
  one.timing.electionTimeoutMs === two.timing.electionTimeoutMs &&
  one.timing.leaseMs === two.timing.leaseMs;
