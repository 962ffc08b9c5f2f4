import { setTimeout as wait } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { ClusterError } from '../errors/cluster-error.ts';
import {
  BackupCount,
  type BackupPart,
  BrokenBackup,
  demandSame,
  PieceJoiner,
} from '../storage/backup-items.ts';
import type { BackupReply__Output as Reply } from '../transport/generated/gossipraft/BackupReply.ts';
import { readPiece } from '../transport/wire-backup.ts';
import { readPosition } from '../transport/wire-gossip.ts';
import type { Position } from '../words.ts';
import type { ServerCalls } from './server-calls.ts';
import type { ServerConnection } from './server-connection.ts';
import type { ServerDirectory } from './server-directory.ts';

/** A server that says nothing for so long is given up. */
const silenceMs = 10_000;

/** What the cluster holds at one moment. */
export type BackupBeginning = {
  /** Its identity. */
  readonly clusterId: string | undefined;
  readonly position: Position;
  readonly keys: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
};

/** The whole cluster as of one moment: what comes first says how much there is. */
export type BackupStream = {
  readonly header: BackupBeginning;
  /** Rejects with a ClusterError unless all of it comes. */
  readonly parts: AsyncIterable<BackupPart>;
};

type Replies = AsyncIterator<Reply>;

/** Opens the stream at the leader. Rejects with a ClusterError. */
export async function openBackup(
  calls: ServerCalls,
  directory: ServerDirectory,
  timeoutMs: number,
): Promise<BackupStream> {
  let stream: ClientReadableStream<Reply> | undefined;
  let leader: ServerConnection | undefined;
  let replies: Replies | undefined;
  const { header } = await calls.askLeader(timeoutMs, (connection, attemptMs) => {
    stream?.cancel();
    leader = connection;
    stream = connection.backup();
    replies = repliesOf(stream);
    return next(replies, attemptMs);
  });
  if (!header || replies === undefined || leader === undefined) {
    throw new ClusterError('refused', 'the cluster does not know how to make a backup');
  }
  const { clusterId, keys, firstSeq, lastSeq } = header;
  const beginning = {
    position: readPosition(header.position, 'position'),
    clusterId,
    keys,
    firstSeq,
    lastSeq,
  };
  return { header: beginning, parts: partsOf(beginning, replies, leader, directory) };
}

function repliesOf(stream: ClientReadableStream<Reply>): Replies {
  // Told by the iterator, too; one that is given up is no surprise.
  stream.on('error', () => undefined);
  return stream[Symbol.asyncIterator]() as Replies;
}

/** The state must come from the leader; of the posted objects, the rest may come from others. */
async function* partsOf(
  beginning: BackupBeginning,
  replies: Replies,
  leader: ServerConnection,
  directory: ServerDirectory,
): AsyncGenerator<BackupPart> {
  try {
    yield* partsUntilEnd(replies);
  } catch (error) {
    const text = `${leader.id} broke off (${(error as Error).message})`;
    throw new ClusterError('serverUnreachable', `${text}; no backup was made`);
  }
  yield* objectsOf(beginning, { id: leader.id, replies }, directory);
}

async function* objectsOf(
  { firstSeq, lastSeq, position }: BackupBeginning,
  leader: { readonly id: string; readonly replies: Replies },
  directory: ServerDirectory,
): AsyncGenerator<BackupPart> {
  /** Of the servers that have not brought us on. */
  const problems = new Map<string, string>();
  let source = leader;
  let next = firstSeq;
  for (;;) {
    const before = next;
    try {
      for await (const part of partsUntilEnd(source.replies)) {
        if (part.type === 'batch') next = part.batch.firstSeq + part.batch.count;
        yield part;
      }
    } catch (error) {
      if (next > before) problems.clear();
      problems.set(source.id, (error as Error).message);
    }
    if (next > lastSeq) return;
    const other = directory.connections.find(({ id }) => !problems.has(id));
    if (other === undefined) throw unreadable(next, lastSeq, problems);
    const range = { fromSeq: next, throughSeq: lastSeq, appliedIndex: position.index };
    source = { id: other.id, replies: repliesOf(other.backup(range)) };
  }
}

function unreadable(
  next: number,
  lastSeq: number,
  problems: ReadonlyMap<string, string>,
): ClusterError {
  const texts = [...problems].map(([id, text]) => `${id}: ${text}`).join('; ');
  return new ClusterError(
    'unreadable',
    `the objects ${next} to ${lastSeq} can be read from no server (${texts}); no backup was made`,
  );
}

/** The parts up to the next end, which must say what has come. Throws what is wrong. */
async function* partsUntilEnd(replies: Replies): AsyncGenerator<BackupPart> {
  const joiner = new PieceJoiner();
  const count = new BackupCount();
  for (;;) {
    const { piece, end, refused } = await next(replies, silenceMs);
    if (refused) throw new Error(refused.detail);
    if (end?.totals) {
      demandSame(count.totals, end.totals);
      if (!joiner.isIdle) throw new BrokenBackup('an item is not whole');
      if (end.gap !== '') throw new Error(end.gap);
      return;
    }
    if (!piece) throw new Error('it sent something unknown');
    const part = joiner.add(readPiece(piece));
    if (part === undefined) continue;
    count.add(part);
    yield part;
  }
}

async function next(replies: Replies, timeoutMs: number): Promise<Reply> {
  const late = new AbortController();
  const result = await Promise.race([
    replies.next(),
    wait(timeoutMs, undefined, { signal: late.signal, ref: false }),
  ]).finally(() => late.abort());
  if (result === undefined) throw new Error(`it said nothing for ${timeoutMs / 1000} s`);
  if (result.done === true) throw new Error('it ended before it was complete');
  return result.value;
}
