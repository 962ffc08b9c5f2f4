import type { ClientDuplexStream, ClientReadableStream } from '@grpc/grpc-js';
import type { AckEntriesReply__Output as AckReply } from '../transport/generated/gossipraft/AckEntriesReply.ts';
import type { PutEntriesReply__Output as PutReply } from '../transport/generated/gossipraft/PutEntriesReply.ts';
import type { PutEntriesRequest } from '../transport/generated/gossipraft/PutEntriesRequest.ts';
import type { Refused__Output as Refused } from '../transport/generated/gossipraft/Refused.ts';
import type { ServerConnection } from './server-connection.ts';

export type LeaderListener = {
  replied(reply: PutReply): void;
  acked(reply: AckReply): void;
  /** The server leads no more, or cannot be reached. Told once. */
  lost(leaderHint: string | undefined): void;
};

/** The open streams to the leader: commands go out, acknowledgements come in. */
export class LeaderStreams {
  readonly server: string;
  readonly #puts: ClientDuplexStream<PutEntriesRequest, PutReply>;
  readonly #acks: ClientReadableStream<AckReply>;
  #listener: LeaderListener | undefined;

  private constructor(
    server: string,
    acks: ClientReadableStream<AckReply>,
    puts: ClientDuplexStream<PutEntriesRequest, PutReply>,
  ) {
    this.server = server;
    this.#acks = acks;
    this.#puts = puts;
  }

  /** Resolves with the streams, or with the refusal when the server does not lead. */
  static async open(
    connection: ServerConnection,
    session: number,
    timeoutMs: number,
    /** Nobody wants them any more. */
    closed: AbortSignal,
  ): Promise<LeaderStreams | Refused> {
    const acks = connection.openAcks(session);
    const ended = await firstWord(acks, timeoutMs, closed);
    if (ended !== undefined) return ended;
    if (closed.aborted) {
      acks.cancel();
      throw new Error('closed');
    }
    return new LeaderStreams(connection.id, acks, connection.openPuts());
  }

  listen(listener: LeaderListener): void {
    this.#listener = listener;
    this.#acks.on('data', (reply: AckReply) => {
      if (reply.acks.length > 0) this.#listener?.acked(reply);
      if (reply.ended !== null) this.#lose(reply.ended.leader);
    });
    this.#acks.resume();
    this.#puts.on('data', (reply: PutReply) => this.#listener?.replied(reply));
    for (const stream of [this.#acks, this.#puts]) {
      stream.on('error', () => this.#lose(undefined));
      stream.on('end', () => this.#lose(undefined));
    }
  }

  write(request: PutEntriesRequest): void {
    this.#puts.write(request);
  }

  close(): void {
    this.#listener = undefined;
    this.#acks.on('error', () => undefined);
    this.#puts.on('error', () => undefined);
    this.#acks.cancel();
    this.#puts.cancel();
  }

  #lose(leaderHint: string | undefined): void {
    const listener = this.#listener;
    this.close();
    listener?.lost(leaderHint);
  }
}

/** The first message is empty when the server leads and has subscribed us. */
function firstWord(
  acks: ClientReadableStream<AckReply>,
  timeoutMs: number,
  closed: AbortSignal,
): Promise<Refused | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      closed.removeEventListener('abort', giveUp);
      acks.removeAllListeners('data');
    };
    const giveUp = (): void => {
      settle();
      acks.cancel();
      reject(new Error('no answer'));
    };
    const timer = setTimeout(giveUp, timeoutMs);
    closed.addEventListener('abort', giveUp);
    acks.once('data', ({ ended }: AckReply) => {
      settle();
      acks.pause();
      resolve(ended ?? undefined);
    });
    acks.on('error', error => {
      settle();
      reject(error);
    });
  });
}
