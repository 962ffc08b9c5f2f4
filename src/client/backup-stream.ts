import { setTimeout as wait } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { ClusterError } from '../errors/cluster-error.ts';
import type { BackupReply__Output as Reply } from '../transport/generated/gossipraft/BackupReply.ts';
import type { ServerCalls } from './server-calls.ts';

/** A leader that says nothing for so long is given up. */
const silenceMs = 10_000;

/** The whole cluster as of one moment: what comes first says how much there is. */
export type BackupStream = {
  readonly header: NonNullable<Reply['header']>;
  readonly parts: AsyncIterable<Reply>;
};

/** Opens the stream at the leader. Rejects with a ClusterError. */
export async function openBackup(calls: ServerCalls, timeoutMs: number): Promise<BackupStream> {
  let stream: ClientReadableStream<Reply> | undefined;
  let replies: AsyncIterator<Reply> | undefined;
  const first = await calls.askLeader(timeoutMs, (connection, attemptMs) => {
    stream?.cancel();
    stream = connection.backup();
    // Told by the iterator, too; the one that is given up is no surprise.
    stream.on('error', () => undefined);
    replies = stream[Symbol.asyncIterator]() as AsyncIterator<Reply>;
    return next(replies, attemptMs);
  });
  if (!first.header || replies === undefined) {
    throw new ClusterError('refused', 'the cluster does not know how to make a backup');
  }
  return { header: first.header, parts: rest(replies) };
}

/** Ends in an error when the last part does not come: half a backup is none. */
async function* rest(replies: AsyncIterator<Reply>): AsyncGenerator<Reply> {
  for (;;) {
    const reply = await next(replies, silenceMs).catch(() => undefined);
    if (reply === undefined) {
      throw new ClusterError('serverUnreachable', 'the leader broke off; nothing was written');
    }
    if (reply.isComplete) return;
    yield reply;
  }
}

async function next(replies: AsyncIterator<Reply>, timeoutMs: number): Promise<Reply> {
  const late = new AbortController();
  const result = await Promise.race([
    replies.next(),
    wait(timeoutMs, undefined, { signal: late.signal, ref: false }),
  ]).finally(() => late.abort());
  if (result === undefined || result.done === true) throw new Error('no answer');
  return result.value;
}
