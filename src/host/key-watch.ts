import { type ByteString, byteStringOf, bytesOf } from '../codec/byte-string.ts';
import { type Version, versionsAfter } from '../state-machines/key-values.ts';
import type { ReplicatedState } from '../state-machines/replicated-state.ts';
import { mebibyte } from '../words.ts';
import { entryOf, forgotten, type KeyEntry } from './key-reader.ts';
import type { Refusal } from './refusal.ts';

/** `entry` is undefined when the key is gone. */
export type KeyChange = {
  readonly key: Buffer;
  readonly revision: number;
  readonly entry?: KeyEntry;
};

/** Somebody who watches, at the other end of a stream. */
export type Watcher = {
  readonly isGone: boolean;
  /** Sent, and not yet taken. */
  readonly waitingBytes: number;
  /** Everything up to `through` has been told then. */
  tell(changes: readonly KeyChange[], through: number): void;
  /** Nothing more can be told. */
  end(refusal: Refusal): void;
};

export type WatchLimits = {
  /** Revisions in one message. */
  readonly versionsPerMessage: number;
  /** A message ends beyond this; one revision always fits. */
  readonly messageMaxBytes: number;
  /** More than this waits for no watcher: it goes on when the client has read. */
  readonly backlogMaxBytes: number;
};

const usualLimits: WatchLimits = {
  versionsPerMessage: 256,
  messageMaxBytes: mebibyte,
  backlogMaxBytes: 4 * mebibyte,
};

/**
 * Tells one watcher of every change after a revision. It keeps nothing but its place: what is to be
 * told is read from the kept versions, so a slow client costs no memory, and is told when it has
 * fallen behind what is kept.
 */
export class KeyWatch {
  readonly #watcher: Watcher;
  readonly #state: ReplicatedState;
  readonly #prefix: ByteString;
  readonly #limits: WatchLimits;
  /** Everything up to here has been told. */
  #through: number;

  /** Without `after`, what happens from now on is told. */
  constructor(
    watcher: Watcher,
    state: ReplicatedState,
    { prefix, after }: { readonly prefix: Uint8Array; readonly after: number | undefined },
    limits = usualLimits,
  ) {
    this.#watcher = watcher;
    this.#state = state;
    this.#limits = limits;
    this.#prefix = byteStringOf(prefix);
    this.#through = after ?? state.appliedIndex;
  }

  /** Says from where on changes are told, or that all is well though nothing happens. */
  ping(): void {
    if (!this.#watcher.isGone) this.#watcher.tell([], this.#through);
  }

  /** The state has moved on, or the watcher has taken what was sent. */
  advance(): void {
    const { versionsPerMessage, messageMaxBytes, backlogMaxBytes } = this.#limits;
    while (this.#through < this.#state.appliedIndex) {
      if (this.#watcher.isGone || this.#watcher.waitingBytes > backlogMaxBytes) return;
      const versions = versionsAfter(this.#state.keyValues, this.#through, versionsPerMessage);
      if (versions === undefined) {
        this.#watcher.end(forgotten(this.#state.keyValues, this.#through));
        return;
      }
      const fitting = thatFit(versions, messageMaxBytes);
      const isAll = versions.length < versionsPerMessage && fitting.length === versions.length;
      const last = fitting.at(-1)?.revision ?? this.#through;
      this.#through = isAll ? this.#state.appliedIndex : last;
      this.#tell(fitting);
    }
  }

  #tell(versions: readonly Version[]): void {
    const changes = versions.flatMap(version => this.#changesOf(version));
    if (changes.length > 0) this.#watcher.tell(changes, this.#through);
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

function thatFit(versions: readonly Version[], maxBytes: number): readonly Version[] {
  let bytes = 0;
  let count = 0;
  for (const version of versions) {
    bytes += version.changes.reduce(
      (sum, { key, after }) => sum + key.length + (after?.value.length ?? 0),
      0,
    );
    if (count > 0 && bytes > maxBytes) break;
    count += 1;
  }
  return versions.slice(0, count);
}
