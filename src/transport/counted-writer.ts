/** The half of a gRPC stream that takes messages. */
export type MessageStream<Message> = {
  write(message: Message, taken: () => void): unknown;
  readonly writableEnded: boolean;
  readonly cancelled?: boolean;
};

/**
 * Writes to a stream, and knows how much the other side has not taken yet. The stream's own
 * `writableLength` counts messages, however large they are.
 */
export class CountedWriter<Message> {
  readonly #stream: MessageStream<Message>;
  #waitingBytes = 0;

  constructor(stream: MessageStream<Message>) {
    this.#stream = stream;
  }

  /** Bytes that were written and have not left this process. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get isOpen(): boolean {
    return !this.#stream.writableEnded && this.#stream.cancelled !== true;
  }

  write(message: Message, sizeBytes: number, taken?: () => void): void {
    if (!this.isOpen) return;
    this.#waitingBytes += sizeBytes;
    this.#stream.write(message, () => {
      this.#waitingBytes -= sizeBytes;
      taken?.();
    });
  }
}
