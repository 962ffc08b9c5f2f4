import { holds, lastPosition, newestWithin, readTail, sizeOfAll } from './log.ts';
import type { Replica } from './replica.ts';
import type { Child } from './replica-parts.ts';
import { send, type Turn } from './turn.ts';
import type {
  Entry,
  Event,
  LogIndex,
  NodeId,
  Position,
  PullEntries,
  PullRefused,
  PullRefusedReason,
} from './types.ts';

type EntriesRead = Extract<Event, { type: 'entriesRead' }>;

/** A puller that has not been heard of for this many election timeouts is forgotten. */
const childTimeouts = 4;

/** PullEntries, the source's side: opens a stream, or notes how far the puller has come. */
export function onPullEntries(
  replica: Replica,
  turn: Turn,
  puller: NodeId,
  request: PullEntries,
): void {
  const child = replica.children.get(puller);
  if (child !== undefined && request.pullId < child.pullId) return;
  if (child?.pullId === request.pullId) {
    child.consumedBytes = Math.max(child.consumedBytes, request.consumedBytes);
    child.windowBytes = request.windowBytes;
    child.heardAt = turn.now;
    return;
  }
  const refusal = refusalOf(replica, request.prev);
  if (refusal !== undefined) {
    replica.children.delete(puller);
    refuse(replica, turn, puller, request, refusal);
    return;
  }
  replica.children.set(puller, {
    puller,
    pullId: request.pullId,
    sent: request.prev,
    sentBytes: request.consumedBytes,
    consumedBytes: request.consumedBytes,
    windowBytes: request.windowBytes,
    sentCommitIndex: 0 as LogIndex,
    // Nothing was sent yet: the first batch, even an empty one, tells that the logs match.
    sentAt: Number.NEGATIVE_INFINITY as Child['sentAt'],
    heardAt: turn.now,
    isReading: false,
  });
}

function refusalOf(replica: Replica, prev: Position): PullRefusedReason | undefined {
  if (replica.role === 'fresh') return 'notServing';
  if (prev.index < replica.log.base.index) return 'tooOld';
  return holds(replica.log, prev) ? undefined : 'diverged';
}

export function refuse(
  replica: Replica,
  turn: Turn,
  puller: NodeId,
  request: Pick<PullEntries, 'pullId' | 'prev' | 'logGeneration'>,
  reason: PullRefusedReason,
): void {
  const refusal: PullRefused = {
    type: 'pullRefused',
    pullId: request.pullId,
    prev: request.prev,
    logGeneration: request.logGeneration,
    reason,
    sourceLast: lastPosition(replica.log),
    hint: newestWithin(replica.log, request.prev),
  };
  send(turn, puller, refusal);
}

/**
 * Sends every puller what is new, as far as its window allows. Entries are served before they are
 * durable: only acknowledgements need the disk (rule 11).
 */
export function serveChildren(replica: Replica, turn: Turn): void {
  for (const child of replica.children.values()) {
    if (turn.now - child.heardAt > childTimeouts * replica.timings.electionTimeoutMs) {
      replica.children.delete(child.puller);
      continue;
    }
    serve(replica, turn, child);
  }
}

function serve(replica: Replica, turn: Turn, child: Child): void {
  if (child.sent.index < replica.log.base.index) {
    tellTooOld(replica, turn, child);
    return;
  }
  while (!child.isReading && child.sent.index < replica.log.lastIndex) {
    if (child.sentBytes - child.consumedBytes >= child.windowBytes) break;
    const entries = readTail(replica.log, child.sent.index + 1, replica.limits.batchMaxBytes);
    if (entries === undefined) {
      readFromDisk(replica, turn, child);
      break;
    }
    sendBatch(replica, turn, child, entries);
  }
  const { heartbeatIntervalMs } = replica.timings;
  const silentMs = turn.now - child.sentAt;
  // Where entries flow, the next ones bring the news of the commit along.
  const isCommitNews =
    replica.commit.index > child.sentCommitIndex && silentMs >= heartbeatIntervalMs / 20;
  if (isCommitNews || silentMs >= heartbeatIntervalMs) sendBatch(replica, turn, child, []);
}

/** What it needs next was cut off the log under its stream. */
function tellTooOld(replica: Replica, turn: Turn, { puller, pullId, sent }: Child): void {
  replica.children.delete(puller);
  const request = { pullId, prev: sent, logGeneration: 0 };
  refuse(replica, turn, puller, request, 'tooOld');
}

function readFromDisk(replica: Replica, turn: Turn, child: Child): void {
  child.isReading = true;
  const first = replica.log.tail[0];
  turn.effects.push({
    type: 'readEntries',
    puller: child.puller,
    pullId: child.pullId,
    fromIndex: (child.sent.index + 1) as LogIndex,
    throughIndex: ((first?.index ?? replica.log.lastIndex + 1) - 1) as LogIndex,
    maxBytes: replica.limits.batchMaxBytes,
  });
}

/** The disk has answered; the log may have changed meanwhile, then the puller is served anew. */
export function onEntriesRead(replica: Replica, turn: Turn, event: EntriesRead): void {
  const child = replica.children.get(event.puller);
  if (child === undefined || child.pullId !== event.pullId) return;
  child.isReading = false;
  const first = event.entries[0];
  const last = event.entries.at(-1);
  if (first === undefined || last === undefined) return;
  // Entries that are still ours at their end are ours altogether (log matching).
  if (first.index !== child.sent.index + 1 || !holds(replica.log, last)) return;
  sendBatch(replica, turn, child, event.entries);
}

function sendBatch(replica: Replica, turn: Turn, child: Child, entries: readonly Entry[]): void {
  send(turn, child.puller, {
    type: 'pullBatch',
    pullId: child.pullId,
    prev: child.sent,
    entries,
    sourceLast: lastPosition(replica.log),
    path: [replica.identity.id, ...(replica.pulling.stream?.path ?? [])],
  });
  const last = entries.at(-1);
  if (last !== undefined) child.sent = { term: last.term, index: last.index };
  child.sentBytes += sizeOfAll(entries);
  child.sentCommitIndex = replica.commit.index;
  child.sentAt = turn.now;
}
