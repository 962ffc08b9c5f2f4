import { assert } from '../assert.ts';
import { countMax } from '../words.ts';
import { dropPullers } from './appending.ts';
import { compactLog, holds, positionAt, resetLog } from './log.ts';
import { leapMax } from './plausible.ts';
import { noteRemoval } from './recovery.ts';
import type { Replica } from './replica.ts';
import { becomeFollower, observeTerm } from './roles.ts';
import { denySource, dropSource } from './sync-source.ts';
import { type Turn, tell } from './turn.ts';
import type { Event, LogIndex, NodeId, Position } from './types.ts';

/*
 * Logs do not grow for ever: what a snapshot of the state holds is cut off their beginning. Whoever
 * needs what was cut off takes the snapshot (Raft §7), from the source that told it so, on a stream
 * of the host's own; the protocol only knows that it is on its way.
 */

type Fetched = Extract<Event, { type: 'snapshotFetched' }>;

/** The host has cut the log: nothing up to and including `base` can be read any more. */
export function onCompacted(replica: Replica, baseIndex: LogIndex): void {
  const { log } = replica;
  if (baseIndex <= log.base.index) return;
  assert(baseIndex <= replica.appliedIndex, 'only what a snapshot holds is cut off the log');
  compactLog(log, positionAt(log, baseIndex));
}

/** The source has cut off what we need next. */
export function startFetch(replica: Replica, turn: Turn, source: NodeId): void {
  dropSource(replica, turn, 'logCut');
  replica.pulling.fetchingFrom = source;
  turn.effects.push({ type: 'fetchSnapshot', source });
  tell(turn, { type: 'snapshotWanted', source });
}

/** It is durable here; or it did not come, and another source is looked for. */
export function onSnapshotFetched(replica: Replica, turn: Turn, { position }: Fetched): void {
  const source = replica.pulling.fetchingFrom;
  replica.pulling.fetchingFrom = undefined;
  if (position === undefined) {
    if (source !== undefined) denySource(replica, turn, source);
    return;
  }
  // Meanwhile the log may have come this far by itself.
  if (position.index <= replica.commit.index || replica.role === 'leader') return;
  // Its source is in that term or in a later one, and has told us so.
  if (position.term > replica.term + leapMax || position.index > countMax) return;
  install(replica, turn, position);
}

/** A snapshot is of committed entries only: what differs from it was never committed. */
function install(replica: Replica, turn: Turn, position: Position): void {
  const { log } = replica;
  // Rule 3: it holds entries of that term.
  observeTerm(replica, turn, position.term);
  // What our candidacy says of our log is no longer true.
  const isCandidacy = replica.role === 'candidate' || replica.role === 'preCandidate';
  if (isCandidacy) becomeFollower(replica, turn, 'anotherLeader');
  if (replica.pulling.stream !== undefined) dropSource(replica, turn, 'logCut');
  const isHeld = holds(log, position) && replica.durableIndex >= position.index;
  if (!isHeld) {
    if (log.lastIndex > position.index) {
      noteRemoval(replica, turn, (position.index + 1) as LogIndex);
    }
    resetLog(log, position);
    replica.durableIndex = position.index;
    replica.disk.unpersisted = [];
    dropPullers(replica, turn, 0);
    turn.effects.push({ type: 'resetLog', base: position, logGeneration: log.generation });
  }
  replica.commit = position;
  replica.applyIndex = position.index;
  replica.isReportDue = true;
  turn.effects.push({ type: 'loadSnapshot', position });
  tell(turn, { type: 'snapshotInstalled', position });
}
