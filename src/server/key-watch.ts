import type { ServerWritableStream } from '@grpc/grpc-js';
import { type ByteString, byteStringOf, bytesOf } from '../state-machines/byte-string.ts';
import { type Version, versionsAfter } from '../state-machines/key-values.ts';
import type { ReplicatedState } from '../state-machines/replicated-state.ts';
import type { KeyChange } from '../transport/generated/gossipraft/KeyChange.ts';
import type { Refused } from '../transport/generated/gossipraft/Refused.ts';
import type { WatchKeysReply } from '../transport/generated/gossipraft/WatchKeysReply.ts';
import type { WatchKeysRequest__Output as WatchRequest } from '../transport/generated/gossipraft/WatchKeysRequest.ts';
import { entryOf, forgotten } from './key-reader.ts';

type Call = ServerWritableStream<WatchRequest, WatchKeysReply>;

/** Revisions in one message. */
const versionsPerMessage = 256;
/** A message ends beyond this; one revision always fits. */
const messageMaxBytes = 1024 * 1024;
/** More than this waits for no watcher: it goes on when the client has read. */
const backlogMaxBytes = 4 * 1024 * 1024;

/**
 * Tells one watcher of every change after a revision. It keeps nothing but its place: what is to be
 * told is read from the kept versions, so a slow client costs no memory, and is told when it has
 * fallen behind what is kept.
 */
export class KeyWatch {
  readonly #call: Call;
  readonly #state: ReplicatedState;
  readonly #prefix: ByteString;
  /** Everything up to here has been told. */
  #through: number;

  constructor(call: Call, state: ReplicatedState) {
    this.#call = call;
    this.#state = state;
    this.#prefix = byteStringOf(call.request.prefix);
    this.#through = call.request.after ?? state.appliedIndex;
    call.on('drain', () => this.advance());
  }

  /** The state has moved on. */
  advance(): void {
    while (this.#through < this.#state.appliedIndex) {
      if (this.#call.writableEnded || this.#call.writableLength > backlogMaxBytes) return;
      const versions = versionsAfter(this.#state.keyValues, this.#through, versionsPerMessage);
      if (versions === undefined) {
        this.end(forgotten(this.#state.keyValues, this.#through));
        return;
      }
      const fitting = thatFit(versions);
      const isAll = versions.length < versionsPerMessage && fitting.length === versions.length;
      const last = fitting.at(-1)?.revision ?? this.#through;
      this.#through = isAll ? this.#state.appliedIndex : last;
      this.#tell(fitting);
    }
  }

  /** Says that all is well though nothing happens. */
  ping(): void {
    if (!this.#call.writableEnded) this.#call.write({ through: this.#through });
  }

  end(reason: Refused): void {
    if (this.#call.writableEnded) return;
    this.#call.write({ ended: reason });
    this.#call.end();
  }

  #tell(versions: readonly Version[]): void {
    const changes = versions.flatMap(version => this.#changesOf(version));
    if (changes.length > 0) this.#call.write({ changes, through: this.#through });
  }

  #changesOf({ revision, changes }: Version): KeyChange[] {
    const { clock } = this.#state;
    return changes
      .filter(({ key }) => key.startsWith(this.#prefix))
      .map(({ key, after }) => {
        const entry = after === undefined ? {} : { entry: entryOf(clock, key, after, true) };
        return { key: bytesOf(key), revision, ...entry };
      });
  }
}

function thatFit(versions: readonly Version[]): readonly Version[] {
  let bytes = 0;
  let count = 0;
  for (const version of versions) {
    bytes += version.changes.reduce(
      (sum, { key, after }) => sum + key.length + (after?.value.length ?? 0),
      0,
    );
    if (count > 0 && bytes > messageMaxBytes) break;
    count += 1;
  }
  return versions.slice(0, count);
}
