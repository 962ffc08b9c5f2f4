import type { ClientReadableStream } from '@grpc/grpc-js';
import { type ByteString, byteStringOf, bytesOf } from '../codec/byte-string.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import type { Refused__Output as Refused } from '../transport/generated/gossipraft/Refused.ts';
import type { WatchKeysReply__Output as WatchReply } from '../transport/generated/gossipraft/WatchKeysReply.ts';
import { type KeyItem, keyItemOf } from './key-query.ts';
import type { ServerDirectory } from './server-directory.ts';

export type KeyChange = {
  readonly key: ByteString;
  readonly revision: number;
  /** Undefined: the key was deleted, or has expired. */
  readonly item: KeyItem | undefined;
};

export type KeyWatchOptions = {
  readonly directory: ServerDirectory;
  readonly prefix: ByteString;
  /** Changes after this revision. */
  readonly after: number;
  /** Changes of one or more whole revisions, and up to where everything has been told. */
  readonly onChanges: (changes: readonly KeyChange[], through: number) => void;
  /** It cannot go on, at any server. */
  readonly onEnd: (error: ClusterError) => void;
};

const retryMs = 100;
/** A server that tells nothing for so long may be cut off; another one is asked. */
const silenceMs = 5000;

/**
 * A watch over the whole cluster: when its server dies or falls silent, it goes on at the next one,
 * after the last revision that was told. So nothing is missed and nothing is told twice.
 */
export class KeyWatch {
  readonly #options: KeyWatchOptions;
  #through: number;
  #place: number;
  #stream: ClientReadableStream<WatchReply> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isPaused = false;
  /** Servers in a row that belong to another cluster. */
  #foreignCount = 0;

  constructor(options: KeyWatchOptions) {
    this.#options = options;
    this.#through = options.after;
    this.#place = Math.floor(Math.random() * options.directory.connections.length);
    this.#open();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#stream?.cancel();
  }

  /** Nothing is told until it is resumed; the server waits, and loses nothing. */
  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#timer);
    this.#stream?.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.#isClosed) return;
    this.#isPaused = false;
    if (this.#stream === undefined) this.#open();
    else {
      this.#stream.resume();
      this.#guard();
    }
  }

  #open(): void {
    const { directory, prefix } = this.#options;
    const { connections } = directory;
    const connection = connections[this.#place % connections.length];
    if (connection === undefined || this.#isClosed || this.#isPaused) return;
    const stream = connection.watchKeys(bytesOf(prefix), this.#through);
    this.#stream = stream;
    stream.on('data', (reply: WatchReply) => {
      if (this.#stream === stream) this.#hear(reply);
    });
    const isOver = (): void => {
      if (this.#stream === stream) this.#moveOn();
    };
    stream.on('error', isOver);
    stream.on('end', isOver);
    this.#guard();
  }

  #hear({ changes, through, ended }: WatchReply): void {
    this.#guard();
    if (ended) {
      if (!this.#isFinal(ended)) return;
      this.close();
      const code = ended.reason === 'REFUSAL_FORGOTTEN' ? 'forgotten' : 'refused';
      this.#options.onEnd(new ClusterError(code, ended.detail));
      return;
    }
    this.#foreignCount = 0;
    if (through <= this.#through && changes.length === 0) return;
    this.#through = Math.max(this.#through, through);
    this.#options.onChanges(
      changes.map(({ key, revision, entry }) => ({
        key: byteStringOf(key),
        revision,
        item: entry === null ? undefined : keyItemOf(entry),
      })),
      this.#through,
    );
  }

  /** One address may be wrong, and belong to another cluster; not all of them. */
  #isFinal({ reason }: Refused): boolean {
    if (reason === 'REFUSAL_WRONG_CLUSTER') this.#foreignCount += 1;
    const { connections } = this.#options.directory;
    return reason === 'REFUSAL_FORGOTTEN' || this.#foreignCount >= connections.length;
  }

  #guard(): void {
    clearTimeout(this.#timer);
    // Who does not want to hear cannot tell whether the server is silent.
    if (this.#isClosed || this.#isPaused) return;
    this.#timer = setTimeout(() => this.#moveOn(), silenceMs);
  }

  #moveOn(): void {
    this.#stream?.cancel();
    this.#stream = undefined;
    this.#place += 1;
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#open(), retryMs);
  }
}
