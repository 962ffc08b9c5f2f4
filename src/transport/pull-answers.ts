import type { Envelope, PullBatch, PullRefused } from '../consensus/types.ts';
import { mebibyte } from '../words.ts';
import { CountedWriter, type MessageStream } from './counted-writer.ts';
import type { PullEntriesReply as WireReply } from './generated/gossipraft/PullEntriesReply.ts';
import { pieceMaxBytes } from './pieces.ts';
import { writeEnvelope } from './wire-gossip.ts';
import { writePullReply } from './wire-messages.ts';

type PullAnswer = {
  readonly envelope: Envelope;
  readonly body: PullBatch | PullRefused;
  readonly sizeBytes: number;
};

/** Bytes that may wait for a slow puller: more than its window, so that only a dead one loses. */
const backlogMaxBytes = 32 * mebibyte;
/** Handed to the connection at a time: enough to keep it busy. */
const underWayMaxBytes = 2 * pieceMaxBytes;
const messageOverheadBytes = 512;

/**
 * The answers to one puller, in order and in pieces. Only a little is handed over at a time: what
 * still waits when the puller begins anew is not sent at all, and no entry, however large, is
 * encoded in one go.
 */
export class PullAnswers {
  readonly #writer: CountedWriter<WireReply>;
  #pullId = 0;
  #waiting: PullAnswer[] = [];
  #waitingBytes = 0;
  /** What is left of the answer that is being sent. */
  #parts: Iterator<WireReply> | undefined;

  constructor(stream: MessageStream<WireReply>) {
    this.#writer = new CountedWriter(stream);
  }

  send(envelope: Envelope, body: PullBatch | PullRefused): void {
    if (body.pullId !== this.#pullId) this.#beginAnew(body.pullId);
    const sizeBytes = sizeOf(body);
    if (this.#waitingBytes + sizeBytes > backlogMaxBytes && this.#waitingBytes > 0) return;
    this.#waiting.push({ envelope, body, sizeBytes });
    this.#waitingBytes += sizeBytes;
    this.#pump();
  }

  /** The puller has opened another stream: it has no use for the rest of the one before. */
  #beginAnew(pullId: number): void {
    this.#pullId = pullId;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#parts = undefined;
  }

  #pump(): void {
    while (this.#writer.isOpen && this.#writer.waitingBytes < underWayMaxBytes) {
      const next = this.#next();
      if (next === undefined) return;
      this.#writer.write(next, sizeOfMessage(next), () => this.#pump());
    }
  }

  #next(): WireReply | undefined {
    for (;;) {
      const part = this.#parts?.next();
      if (part?.done === false) return part.value;
      const answer = this.#waiting.shift();
      if (answer === undefined) return undefined;
      this.#waitingBytes -= answer.sizeBytes;
      this.#parts = messagesOf(answer);
    }
  }
}

function* messagesOf({ envelope, body }: PullAnswer): Generator<WireReply> {
  const wire = writeEnvelope(envelope);
  for (const part of writePullReply(body)) yield { envelope: wire, ...part };
}

const sizeOf = (body: PullBatch | PullRefused): number =>
  body.type === 'pullRefused' ? messageOverheadBytes : sizeOfPayloads(body.entries);

const sizeOfMessage = ({ batch }: WireReply): number =>
  sizeOfPayloads((batch?.entries ?? []) as readonly { readonly payload: Uint8Array }[]);

const sizeOfPayloads = (entries: readonly { readonly payload: Uint8Array }[]): number =>
  entries.reduce((sum, { payload }) => sum + payload.length, messageOverheadBytes);
