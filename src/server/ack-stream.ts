import type { ServerWritableStream } from '@grpc/grpc-js';
import { CountedWriter } from '../transport/counted-writer.ts';
import type { AckEntriesReply } from '../transport/generated/gossipraft/AckEntriesReply.ts';
import type { AckEntriesRequest__Output as AckRequest } from '../transport/generated/gossipraft/AckEntriesRequest.ts';
import type { Refused } from '../transport/generated/gossipraft/Refused.ts';
import { mebibyte } from '../words.ts';

type AckMessage = {
  readonly sequence: number;
  readonly position: { readonly term: number; readonly index: number };
  readonly result: Buffer;
};

/** Answers that may wait for a client that does not read. */
const backlogMaxBytes = 16 * mebibyte;
const ackOverheadBytes = 64;

/**
 * Joins the acknowledgements of one turn into one message. While something waits for its commit it
 * says at least once per interval that this server is there: an entry of megabytes takes its time
 * on a slow link, and its client would take the leader for dead, and send it once more.
 */
export class AckStream {
  readonly #call: ServerWritableStream<AckRequest, AckEntriesReply>;
  readonly #writer: CountedWriter<AckEntriesReply>;
  readonly #timer: NodeJS.Timeout;
  #acks: AckMessage[] = [];
  #hasSpoken = false;

  constructor(
    call: ServerWritableStream<AckRequest, AckEntriesReply>,
    options: { readonly intervalMs: number; readonly isBusy: () => boolean },
  ) {
    this.#call = call;
    this.#writer = new CountedWriter(call);
    this.#timer = setInterval(() => {
      if (!this.#hasSpoken && options.isBusy()) this.#write([]);
      this.#hasSpoken = false;
    }, options.intervalMs);
    // Empty, and at once: whoever waits for it knows that nothing will be missed.
    this.#write([]);
  }

  push(ack: AckMessage): void {
    this.#acks.push(ack);
    if (this.#acks.length === 1) queueMicrotask(() => this.#flush());
  }

  /** The last word. */
  end(ended: Refused): void {
    this.stop();
    this.#call.write({ ended });
    this.#call.end();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #flush(): void {
    const acks = this.#acks;
    this.#acks = [];
    this.#write(acks);
  }

  #write(acks: AckMessage[]): void {
    if (!this.#writer.isOpen) return;
    this.#hasSpoken = true;
    // A client that does not read finds out by trying again; its memory is not ours to lend.
    if (this.#writer.waitingBytes > backlogMaxBytes) this.#call.end();
    else this.#writer.write({ acks }, sizeOf(acks));
  }
}

const sizeOf = (acks: readonly AckMessage[]): number =>
  acks.reduce((sum, { result }) => sum + result.length + ackOverheadBytes, ackOverheadBytes);
