import { assert } from '../assert.ts';
import { appendToLog, lastPosition, sizeOfAll, truncateLog } from './log.ts';
import { withOwnBytes } from './own-bytes.ts';
import { noteRemoval } from './recovery.ts';
import type { Replica } from './replica.ts';
import { type Turn, tell } from './turn.ts';
import type { Entry, Event, LogIndex, NodeId, WallMs } from './types.ts';

type Persisted = Extract<Event, { type: 'persisted' }>;
type Content = Pick<Entry, 'kind' | 'payload'>;

/** Appends entries to the log and to the disk's queue. They are served to pullers at once. */
export function append(replica: Replica, turn: Turn, received: readonly Entry[]): void {
  const entries = withOwnBytes(received);
  const lastTerm = entries.at(-1)?.term;
  if (lastTerm === undefined) return;
  // Rule 3: else we could lead an older term than that of an entry we hold, and append behind it.
  assert(lastTerm <= replica.term, 'an entry is appended only in its term or a later one');

  const { log } = replica;
  appendToLog(log, entries, replica.limits.tailMaxBytes);
  replica.disk.unpersisted.push({ lastIndex: log.lastIndex, appendedAt: turn.now });
  turn.effects.push({ type: 'append', entries, logGeneration: log.generation });
}

/** The leader's way to append: new entries of its own term. */
export function appendOwn(
  replica: Replica,
  turn: Turn,
  contents: readonly Content[],
  stamp: WallMs,
): void {
  const { leadership, log, term } = replica;
  assert(replica.role === 'leader' && leadership !== undefined, 'only a leader makes entries');
  const entries = contents.map((content, place) => ({
    ...content,
    index: (log.lastIndex + 1 + place) as LogIndex,
    term,
    wallMs: stamp,
  }));
  append(replica, turn, entries);

  const bytes = sizeOfAll(entries);
  leadership.uncommitted.push({ lastIndex: log.lastIndex, bytes });
  leadership.uncommittedBytes += bytes;
}

/** Removes an uncommitted end of the log that a newer log does not have. */
export function truncate(replica: Replica, turn: Turn, fromIndex: LogIndex, source: NodeId): void {
  const { log } = replica;
  assert(replica.role !== 'leader', 'a leader never truncates its log');
  assert(fromIndex > replica.commit.index, 'a committed entry is never removed');

  noteRemoval(replica, turn, fromIndex);
  truncateLog(log, fromIndex);
  const lastKept = log.lastIndex;
  replica.durableIndex = Math.min(replica.durableIndex, lastKept) as LogIndex;
  replica.disk.unpersisted = replica.disk.unpersisted.filter(
    ({ lastIndex }) => lastIndex <= lastKept,
  );
  turn.effects.push({ type: 'truncate', fromIndex, logGeneration: log.generation });
  tell(turn, { type: 'truncated', fromIndex, source });

  dropPullers(replica, turn, fromIndex);
}

/** Ends the streams on which entries from `fromIndex` on were sent. */
export function dropPullers(replica: Replica, turn: Turn, fromIndex: number): void {
  const { log } = replica;
  for (const puller of replica.pullers.values()) {
    if (puller.sent.index < fromIndex) continue;
    // It has entries from us that we no longer hold: it must find the common point anew.
    replica.pullers.delete(puller.id);
    turn.outbox.push({
      to: puller.id,
      body: {
        type: 'pullRefused',
        pullId: puller.pullId,
        prev: puller.sent,
        logGeneration: 0,
        reason: 'truncated',
        sourceLast: lastPosition(log),
        hint: lastPosition(log),
      },
    });
  }
}

/**
 * The disk holds the log up to here. Completions of an older generation say nothing (rule 7): entry
 * 7 is written, removed, and another entry 7 appended; the first one's completion would make the
 * second one durable that is not on the disk yet, and a power cut would take what was acknowledged.
 */
export function onPersisted(replica: Replica, event: Persisted): void {
  if (event.logGeneration !== replica.log.generation) return;
  if (event.index <= replica.durableIndex) return;
  assert(event.index <= replica.log.lastIndex, 'only what was appended can be durable');
  replica.durableIndex = event.index;
  replica.disk.unpersisted = replica.disk.unpersisted.filter(
    ({ lastIndex }) => lastIndex > event.index,
  );
  replica.isReportDue = true;
}
