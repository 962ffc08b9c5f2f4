import { append, truncate } from './appending.ts';
import { startFetch } from './install-snapshot.ts';
import {
  holds,
  isContinuation,
  lastPosition,
  newestWithin,
  positionAt,
  sizeOfAll,
  termAt,
} from './log.ts';
import { isSamePosition } from './position.ts';
import type { Replica } from './replica.ts';
import type { Pull } from './replica-parts.ts';
import { observeTerm } from './roles.ts';
import { dropSource } from './sync-source.ts';
import { send, type Turn, tell } from './turn.ts';
import type {
  Entry,
  LogIndex,
  NodeId,
  Position,
  PullBatch,
  PullEntries,
  PullRefused,
} from './types.ts';

/** Streams of different boots never share an id, so that no answer to an older one is taken. */
const pullIdsPerIncarnation = 2 ** 22;

/** Opens a stream after `prev`; an older one of ours is over with it. */
export function openPull(replica: Replica, turn: Turn, source: NodeId, prev: Position): void {
  const isSameSource = replica.pulling.stream?.source === source;
  replica.pulling.streamCount += 1;
  replica.pulling.stream = {
    source,
    pullId: replica.identity.incarnation * pullIdsPerIncarnation + replica.pulling.streamCount,
    askedPrev: prev,
    askedLast: lastPosition(replica.log),
    askedGeneration: replica.log.generation,
    isMatched: false,
    consumedBytes: 0,
    grantedBytes: 0,
    askedAt: turn.now,
    heardAt: isSameSource ? (replica.pulling.stream?.heardAt ?? turn.now) : turn.now,
    beganAt: turn.now,
    hasGap: false,
    path: isSameSource ? (replica.pulling.stream?.path ?? [source]) : [source],
    stalledAt: isSameSource ? replica.pulling.stream?.stalledAt : undefined,
  };
  request(replica, turn, replica.pulling.stream);
}

function request(replica: Replica, turn: Turn, pull: Pull): void {
  const body: PullEntries = {
    type: 'pullEntries',
    pullId: pull.pullId,
    prev: pull.isMatched ? lastPosition(replica.log) : pull.askedPrev,
    logGeneration: replica.log.generation,
    consumedBytes: pull.consumedBytes,
    windowBytes: replica.limits.pullWindowBytes,
  };
  pull.grantedBytes = pull.consumedBytes;
  pull.askedAt = turn.now;
  send(turn, pull.source, body);
}

/** Repeats the request now and then: the grant, or the whole stream, may be lost at the source. */
export function keepPullAlive(replica: Replica, turn: Turn): void {
  const { timings } = replica;
  const pull = replica.pulling.stream;
  if (pull === undefined) return;
  if (pull.hasGap) {
    closeGap(replica, turn, pull);
    return;
  }
  const isUngranted = pull.grantedBytes < pull.consumedBytes;
  const isQuiet = turn.now - pull.askedAt >= timings.electionTimeoutMs / 2;
  const isUnanswered =
    !pull.isMatched && turn.now - pull.askedAt >= 2 * timings.heartbeatIntervalMs;
  if (isUngranted || isQuiet || isUnanswered) request(replica, turn, pull);
}

/** The stream that a message from a source answers, if we still wait for it. */
function pullAnsweredBy(replica: Replica, from: NodeId, pullId: number): Pull | undefined {
  const pull = replica.pulling.stream;
  return pull !== undefined && pull.source === from && pull.pullId === pullId ? pull : undefined;
}

/** PullEntries, the syncing side: entries from our source. */
export function onPullBatch(replica: Replica, turn: Turn, from: NodeId, batch: PullBatch): void {
  const pull = pullAnsweredBy(replica, from, batch.pullId);
  if (pull === undefined) return;
  pull.heardAt = turn.now;
  if (batch.path.includes(replica.identity.id)) {
    dropSource(replica, turn, 'cycle');
    return;
  }
  if (!isContinuation(batch.prev, batch.entries)) {
    dropSource(replica, turn, 'sourceBehind');
    return;
  }
  // Rule 4: behind another entry than at the source, what comes next would prove nothing (I2).
  if (!holds(replica.log, batch.prev)) {
    pull.hasGap = true;
    closeGap(replica, turn, pull);
    return;
  }
  pull.isMatched = true;
  pull.path = batch.path;
  takeEntries(replica, turn, pull, batch);
}

/**
 * A batch was lost, and what comes after it is of no use: begin anew from our end. Not more often
 * than once per heartbeat, or each stream would fill the way of the next one.
 */
function closeGap(replica: Replica, turn: Turn, pull: Pull): void {
  if (turn.now - pull.beganAt < replica.timings.heartbeatIntervalMs) return;
  openPull(replica, turn, pull.source, lastPosition(replica.log));
}

function takeEntries(replica: Replica, turn: Turn, pull: Pull, batch: PullBatch): void {
  pull.consumedBytes += sizeOfAll(batch.entries);
  const place = batch.entries.findIndex(({ index, term }) => termAt(replica.log, index) !== term);
  const firstNew = batch.entries[place];
  if (firstNew !== undefined) {
    if (!makeRoom(replica, turn, firstNew, batch.sourceLast)) return;
    appendPulled(replica, turn, batch.entries.slice(place));
  }
  const isWindowUsed = pull.consumedBytes - pull.grantedBytes >= replica.limits.pullWindowBytes / 4;
  if (isWindowUsed) request(replica, turn, pull);
}

/**
 * Removes what conflicts with the source's log, if the source may say so (rule 5): only a log with
 * a later last term holds everything that was committed in ours, and what we know to be committed
 * is never touched. (If the longer log could say so, a server that was away with eight entries of
 * term 1 would have us remove the third one, which term 2 has committed in its place.)
 */
function makeRoom(replica: Replica, turn: Turn, firstNew: Entry, sourceLast: Position): boolean {
  const { log } = replica;
  const pull = replica.pulling.stream;
  if (pull === undefined) return false;
  if (firstNew.index > log.lastIndex) return true;
  const isNewerLog = sourceLast.term > lastPosition(log).term;
  if (!isNewerLog || firstNew.index <= replica.commit.index) {
    if (isNewerLog) haltOverLoss(turn, pull.source, firstNew.index);
    tell(turn, { type: 'truncationRefused', fromIndex: firstNew.index, source: pull.source });
    dropSource(replica, turn, 'sourceBehind');
    return false;
  }
  truncate(replica, turn, firstNew.index, pull.source);
  return true;
}

/**
 * A log with a later last term holds everything that was committed in ours. This one does not: one
 * of the two has lost or altered data, and whoever went on could make the other one follow.
 */
function haltOverLoss(turn: Turn, source: NodeId, index: number): void {
  turn.effects.push({
    type: 'halt',
    reason:
      `the log of ${source} has another entry ${index} than this server, which knows its own to ` +
      'be committed: one of the two disks has lost or altered data. Nothing was removed here. ' +
      'Keep this directory, compare it with the others (gossip-raft export), and make a new ' +
      'cluster out of the best one (gossip-raft recover)',
  });
}

function appendPulled(replica: Replica, turn: Turn, entries: readonly Entry[]): void {
  const last = entries.at(-1);
  const pull = replica.pulling.stream;
  if (last === undefined || pull === undefined) return;
  // Rule 3: a server that holds an entry of a term is in that term or in a later one.
  observeTerm(replica, turn, last.term);
  append(replica, turn, entries);
  pull.stalledAt = undefined;
  tell(turn, {
    type: 'pulled',
    source: pull.source,
    count: entries.length,
    last: lastPosition(replica.log),
  });
}

/**
 * A negative answer. It counts only for the log that asked (rule 6). Ours may have been truncated
 * and filled again since: a late answer would speak of entries that are no longer there, and could
 * stop this server over a loss that is none.
 */
export function onPullRefused(
  replica: Replica,
  turn: Turn,
  from: NodeId,
  refused: PullRefused,
): void {
  const pull = pullAnsweredBy(replica, from, refused.pullId);
  if (pull === undefined) return;
  pull.heardAt = turn.now;
  tell(turn, { type: 'pullRefused', source: from });
  switch (refused.reason) {
    case 'truncated':
      openPull(replica, turn, from, lastPosition(replica.log));
      break;
    case 'tooOld':
      startFetch(replica, turn, from);
      break;
    case 'diverged':
      onDiverged(replica, turn, pull, refused);
      break;
    default:
      dropSource(replica, turn, 'sourceBehind');
  }
}

/** Looks for the newest common entry, a term at a time (Raft §5.3). Nothing is removed here. */
function onDiverged(replica: Replica, turn: Turn, pull: Pull, refused: PullRefused): void {
  const { log, commit } = replica;
  const last = lastPosition(log);
  const isAnswerToThisLog =
    isSamePosition(refused.prev, pull.askedPrev) &&
    isSamePosition(last, pull.askedLast) &&
    refused.logGeneration === log.generation;
  if (!isAnswerToThisLog) {
    openPull(replica, turn, pull.source, last);
    return;
  }
  // Otherwise it is the source that lies behind, or on an older branch.
  const isNewerLog = refused.sourceLast.term > last.term;
  if (!isNewerLog || refused.prev.index <= commit.index) {
    if (isNewerLog) haltOverLoss(turn, pull.source, refused.prev.index);
    dropSource(replica, turn, 'sourceBehind');
    return;
  }
  // A step toward the common point: the source does not stall, however many round trips it takes.
  pull.stalledAt = undefined;
  const common = newestWithin(log, refused.hint);
  const nextIndex = Math.max(commit.index, Math.min(common.index, refused.prev.index - 1));
  openPull(replica, turn, pull.source, positionAt(log, nextIndex as LogIndex));
}
