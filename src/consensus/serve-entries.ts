import { holds, lastPosition, newestWithin, readTail, sizeOfAll } from './log.ts';
import type { Replica } from './replica.ts';
import type { Puller } from './replica-parts.ts';
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
const pullerTimeouts = 4;

/** PullEntries, the source's side: opens a stream, or notes how far the puller has come. */
export function onPullEntries(
  replica: Replica,
  turn: Turn,
  from: NodeId,
  request: PullEntries,
): void {
  const puller = replica.pullers.get(from);
  if (puller !== undefined && request.pullId < puller.pullId) return;
  if (puller?.pullId === request.pullId) {
    puller.consumedBytes = Math.max(puller.consumedBytes, request.consumedBytes);
    puller.windowBytes = request.windowBytes;
    puller.heardAt = turn.now;
    return;
  }
  const refusal = refusalOf(replica, request.prev);
  if (refusal !== undefined) {
    replica.pullers.delete(from);
    refuse(replica, turn, from, request, refusal);
    return;
  }
  replica.pullers.set(from, {
    id: from,
    pullId: request.pullId,
    sent: request.prev,
    sentBytes: request.consumedBytes,
    consumedBytes: request.consumedBytes,
    windowBytes: request.windowBytes,
    sentCommitIndex: 0 as LogIndex,
    // Nothing was sent yet: the first batch, even an empty one, tells that the logs match.
    sentAt: Number.NEGATIVE_INFINITY as Puller['sentAt'],
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
  to: NodeId,
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
  send(turn, to, refusal);
}

/**
 * Sends every puller what is new, as far as its window allows. Entries are served before they are
 * durable: only acknowledgements need the disk (rule 8). So the disks of a path write at the same
 * time; and what a power cut takes from the source was counted nowhere.
 */
export function servePullers(replica: Replica, turn: Turn): void {
  for (const puller of replica.pullers.values()) {
    if (turn.now - puller.heardAt > pullerTimeouts * replica.timings.electionTimeoutMs) {
      replica.pullers.delete(puller.id);
      continue;
    }
    serve(replica, turn, puller);
  }
}

function serve(replica: Replica, turn: Turn, puller: Puller): void {
  if (puller.sent.index < replica.log.base.index) {
    tellTooOld(replica, turn, puller);
    return;
  }
  while (!puller.isReading && puller.sent.index < replica.log.lastIndex) {
    if (puller.sentBytes - puller.consumedBytes >= puller.windowBytes) break;
    const entries = readTail(replica.log, puller.sent.index + 1, replica.limits.batchMaxBytes);
    if (entries === undefined) {
      readFromDisk(replica, turn, puller);
      break;
    }
    sendBatch(replica, turn, puller, entries);
  }
  const { heartbeatIntervalMs } = replica.timings;
  const silentMs = turn.now - puller.sentAt;
  // Where entries flow, the next ones bring the news of the commit along.
  const isCommitNews =
    replica.commit.index > puller.sentCommitIndex && silentMs >= heartbeatIntervalMs / 20;
  if (isCommitNews || silentMs >= heartbeatIntervalMs) sendBatch(replica, turn, puller, []);
}

/** What it needs next was cut off the log under its stream. */
function tellTooOld(replica: Replica, turn: Turn, { id, pullId, sent }: Puller): void {
  replica.pullers.delete(id);
  const request = { pullId, prev: sent, logGeneration: 0 };
  refuse(replica, turn, id, request, 'tooOld');
}

function readFromDisk(replica: Replica, turn: Turn, puller: Puller): void {
  puller.isReading = true;
  const first = replica.log.tail[0];
  turn.effects.push({
    type: 'readEntries',
    puller: puller.id,
    pullId: puller.pullId,
    fromIndex: (puller.sent.index + 1) as LogIndex,
    throughIndex: ((first?.index ?? replica.log.lastIndex + 1) - 1) as LogIndex,
    maxBytes: replica.limits.batchMaxBytes,
  });
}

/** The disk has answered; the log may have changed meanwhile, then the puller is served anew. */
export function onEntriesRead(replica: Replica, turn: Turn, event: EntriesRead): void {
  const puller = replica.pullers.get(event.puller);
  if (puller === undefined || puller.pullId !== event.pullId) return;
  puller.isReading = false;
  const first = event.entries[0];
  const last = event.entries.at(-1);
  if (first === undefined || last === undefined) return;
  // Entries that are still ours at their end are ours altogether (log matching).
  if (first.index !== puller.sent.index + 1 || !holds(replica.log, last)) return;
  sendBatch(replica, turn, puller, event.entries);
}

function sendBatch(replica: Replica, turn: Turn, puller: Puller, entries: readonly Entry[]): void {
  send(turn, puller.id, {
    type: 'pullBatch',
    pullId: puller.pullId,
    prev: puller.sent,
    entries,
    sourceLast: lastPosition(replica.log),
    path: [replica.identity.id, ...(replica.pulling.stream?.path ?? [])],
  });
  const last = entries.at(-1);
  if (last !== undefined) puller.sent = { term: last.term, index: last.index };
  puller.sentBytes += sizeOfAll(entries);
  puller.sentCommitIndex = replica.commit.index;
  puller.sentAt = turn.now;
}
