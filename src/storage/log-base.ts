import { noPosition } from '../consensus/position.ts';
import type { LogIndex, Position } from '../words.ts';
import type { RecoveredLog } from './log-store.ts';

/** The newest snapshot of a data directory. */
export type SnapshotMark = {
  readonly position: Position;
  /** It came from another server: then the log of this one need not reach so far. */
  readonly isFetched: boolean;
};

export type LogBase =
  | { readonly type: 'base'; readonly base: Position }
  /** Nothing of the log is of use: it begins anew behind the snapshot. */
  | { readonly type: 'anew'; readonly base: Position }
  /** There is no file with the entries before the first one, nor a snapshot of them. */
  | { readonly type: 'missing' };

/** Where a log begins whose files have been read, beside the newest snapshot. */
export function logBase(
  {
    runs,
    firstIndex,
    lastIndex,
  }: Pick<RecoveredLog, 'runs' | 'lastIndex'> & {
    /** Of the first file; undefined when there is none. */
    readonly firstIndex: LogIndex | undefined;
  },
  { position, isFetched }: SnapshotMark = { position: noPosition, isFetched: false },
): LogBase {
  const run = runs.findLast(one => one.firstIndex <= position.index);
  const isHeld = position.index <= lastIndex && run?.term === position.term;
  const isNext = firstIndex === position.index + 1;
  if (isFetched && !isHeld && !isNext) return { type: 'anew', base: position };
  if (firstIndex === undefined || firstIndex === 1) return { type: 'base', base: noPosition };
  if (isNext) return { type: 'base', base: position };
  const [first] = runs;
  if (first === undefined || firstIndex > position.index) return { type: 'missing' };
  // Of what lies before it, nothing is known but that the snapshot holds it.
  return { type: 'base', base: { term: first.term, index: firstIndex } };
}
