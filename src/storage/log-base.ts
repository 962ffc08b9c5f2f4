import { assert } from '../assert.ts';
import { noPosition } from '../consensus/position.ts';
import type { LogIndex, Position } from '../words.ts';
import type { RecoveredLog } from './log-store.ts';

/** The newest snapshot of a data directory. */
export type SnapshotMark = {
  readonly position: Position;
  /** It came from another server: then the log of this one need not reach so far. */
  readonly isFetched: boolean;
};

export type LogBase = {
  readonly base: Position;
  /** Nothing of the log is of use: it begins anew behind the snapshot. */
  readonly isAnew: boolean;
};

/** A log without gap that begins at entry 1, or at the latest behind the newest snapshot. */
type Extent = Pick<RecoveredLog, 'runs' | 'lastIndex'> & {
  /** Of the first file; undefined when there is none. */
  readonly firstIndex: LogIndex | undefined;
};

const noSnapshot: SnapshotMark = { position: noPosition, isFetched: false };

/** Where a log begins whose files have been read, beside the newest snapshot. */
export function logBase(log: Extent, snapshot: SnapshotMark = noSnapshot): LogBase {
  const { position } = snapshot;
  if (!reaches(log, position)) return { base: position, isAnew: true };
  const { runs, firstIndex } = log;
  if (firstIndex === undefined || firstIndex === 1) return { base: noPosition, isAnew: false };
  if (firstIndex === position.index + 1) return { base: position, isAnew: false };
  const [first] = runs;
  assert(first !== undefined, 'a log that reaches a snapshot has entries');
  // Of what lies before it, nothing is known but that the snapshot holds it.
  return { base: { term: first.term, index: firstIndex }, isAnew: false };
}

/** Does the log hold the snapshot's last entry, or begin behind it? */
export function reaches(
  { runs, firstIndex, lastIndex }: Extent,
  { term, index }: Position,
): boolean {
  if (index === 0 || firstIndex === index + 1) return true;
  const run = runs.findLast(one => one.firstIndex <= index);
  return index <= lastIndex && run?.term === term;
}
