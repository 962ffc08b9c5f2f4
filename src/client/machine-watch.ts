import type { ClientReadableStream } from '@grpc/grpc-js';
import { ClusterError } from '../errors/cluster-error.ts';
import type { WatchChange, WatchFilter, WatchName } from '../machines/machines.ts';
import { decodeChange, encodeFilter } from '../machines/query.ts';
import type { Refused__Output as Refused } from '../transport/generated/gossipraft/Refused.ts';
import type { WatchReply__Output as WatchReply } from '../transport/generated/gossipraft/WatchReply.ts';
import { count } from '../transport/wire-checks.ts';
import type { ServerDirectory } from './server-directory.ts';
import { understood } from './understood.ts';

export type WatchOptions<Name extends WatchName> = {
  readonly directory: ServerDirectory;
  readonly machine: Name;
  /** What is to be told. */
  readonly filter: WatchFilter<Name>;
  /** Changes behind this place: of keys, a revision. */
  readonly after: number;
  /** Changes of one or more whole places, and up to where everything has been told. */
  readonly onChanges: (changes: readonly WatchChange<Name>[], through: number) => void;
  /** It cannot go on, at any server. */
  readonly onEnd: (error: ClusterError) => void;
};

const retryMs = 100;
/** A server that tells nothing for so long may be cut off; another one is asked. */
const silenceMs = 5000;

/**
 * A watch over the whole cluster: when its server dies or falls silent, it goes on at the next one,
 * behind the last place that was told. So nothing is missed and nothing is told twice.
 */
export class MachineWatch<Name extends WatchName> {
  readonly #options: WatchOptions<Name>;
  #through: number;
  #place: number;
  #stream: ClientReadableStream<WatchReply> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isPaused = false;
  /** Servers in a row that belong to another cluster. */
  #foreignCount = 0;

  constructor(options: WatchOptions<Name>) {
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
    const { directory, machine, filter } = this.#options;
    const { connections } = directory;
    const connection = connections[this.#place % connections.length];
    if (connection === undefined || this.#isClosed || this.#isPaused) return;
    const stream = connection.watch(machine, encodeFilter(machine, filter), this.#through);
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
    const told = this.#understand(changes, through);
    if (told === undefined) return;
    if (told.through <= this.#through && told.changes.length === 0) return;
    this.#through = Math.max(this.#through, told.through);
    this.#options.onChanges(told.changes, this.#through);
  }

  /** Undefined when the server speaks otherwise than we do: then the watch is over. */
  #understand(changes: readonly Uint8Array[], through: number) {
    const { machine } = this.#options;
    try {
      return understood(() => ({
        changes: changes.map(change => decodeChange(machine, change)),
        through: count(through, 'through'),
      }));
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      this.close();
      this.#options.onEnd(error);
      return undefined;
    }
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
