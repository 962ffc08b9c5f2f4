import type { ClientDuplexStream, ClientReadableStream } from '@grpc/grpc-js';
import { CountedWriter } from '../transport/counted-writer.ts';
import type { AckEntriesReply__Output as AckReply } from '../transport/generated/gossipraft/AckEntriesReply.ts';
import type { PutEntriesReply__Output as PutReply } from '../transport/generated/gossipraft/PutEntriesReply.ts';
import type { PutEntriesRequest } from '../transport/generated/gossipraft/PutEntriesRequest.ts';
import type { Refused__Output as Refused } from '../transport/generated/gossipraft/Refused.ts';
import { pieceMaxBytes } from '../transport/pieces.ts';
import type { ServerConnection } from './server-connection.ts';

export type LeaderListener = {
  replied(reply: PutReply): void;
  /** May tell of nothing but that the leader is there. */
  acked(reply: AckReply): void;
  /** A part of what was written has left. */
  progressed(): void;
  /** The server leads no more, or cannot be reached. Told once. */
  lost(leaderHint: string | undefined): void;
};

const underWayMaxBytes = 2 * pieceMaxBytes;
const messageOverheadBytes = 64;

/** The open streams to the leader: commands go out, acknowledgements come in. */
export class LeaderStreams {
  readonly server: string;
  readonly #puts: ClientDuplexStream<PutEntriesRequest, PutReply>;
  readonly #acks: ClientReadableStream<AckReply>;
  readonly #writer: CountedWriter<PutEntriesRequest>;
  #unsent: Iterator<PutEntriesRequest> | undefined;
  #listener: LeaderListener | undefined;

  private constructor(
    server: string,
    acks: ClientReadableStream<AckReply>,
    puts: ClientDuplexStream<PutEntriesRequest, PutReply>,
  ) {
    this.server = server;
    this.#acks = acks;
    this.#puts = puts;
    this.#writer = new CountedWriter(puts);
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
      this.#listener?.acked(reply);
      if (reply.ended !== null) this.#lose(reply.ended.leader);
    });
    this.#acks.resume();
    this.#puts.on('data', (reply: PutReply) => this.#listener?.replied(reply));
    for (const stream of [this.#acks, this.#puts]) {
      stream.on('error', () => this.#lose(undefined));
      stream.on('end', () => this.#lose(undefined));
    }
  }

  /** Sends the messages, each when the one before is on its way; what was left unsent is not. */
  write(messages: Iterator<PutEntriesRequest>): void {
    this.#unsent = messages;
    this.#pump();
  }

  close(): void {
    this.#listener = undefined;
    this.#unsent = undefined;
    this.#acks.on('error', () => undefined);
    this.#puts.on('error', () => undefined);
    this.#acks.cancel();
    this.#puts.cancel();
  }

  #pump(): void {
    while (this.#writer.isOpen && this.#writer.waitingBytes < underWayMaxBytes) {
      const next = this.#unsent?.next();
      if (next === undefined || next.done === true) return;
      this.#writer.write(next.value, sizeOf(next.value), () => {
        this.#listener?.progressed();
        this.#pump();
      });
    }
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

const sizeOf = ({ commands }: PutEntriesRequest): number =>
  (commands ?? []).reduce((sum, { length }) => sum + length, messageOverheadBytes);
