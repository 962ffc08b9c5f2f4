import { setImmediate as turnOfTheOthers } from 'node:timers/promises';
import type { MachineWatch, WatchOptions } from '../client/machine-watch.ts';
import type { ClusterError } from '../errors/cluster-error.ts';
import type { WatchFilter } from '../machines/machines.ts';
import { mebibyte } from '../words.ts';
import {
  type ChangeWords,
  type KeyChange,
  messageOf,
  newsIn,
  type WatchMessage,
} from './watch-words.ts';

/** Somebody at the other end of a connection. */
export type WatchReader = {
  /** Everything up to here has been told. */
  seen: number;
  /** What waits for it. */
  readonly backlogBytes: number;
  write(bytes: Buffer): void;
  /** The last word. */
  end(code: string, detail: string): void;
  /** Calls once what waited has gone. */
  onceDrained(run: () => void): void;
};

/** A watch of the cluster. */
type Upstream = Pick<MachineWatch<'keys'>, 'close' | 'pause' | 'resume'>;
export type OpenWatch = (watch: Omit<WatchOptions<'keys'>, 'directory'>) => Upstream;

/** What is watched, and how it is told. */
export type WatchSubject = {
  readonly filter: WatchFilter<'keys'>;
  readonly words: ChangeWords;
};

/** What was told last is kept up to here, for those who come back. */
const keptMaxBytes = 3 * mebibyte;
const keptMaxMessages = 4096;
/** Who lets more than this wait is too slow. The bytes are the same for all of them. */
const backlogMaxBytes = 4 * mebibyte;
/** Who joins gets all that is kept at once, and must not be too slow because of that. */
const joinMaxBytes = backlogMaxBytes - keptMaxBytes;
/** So many are served, then others have their turn: a put does not wait for all watchers. */
const readersPerTurn = 64;
/** So many get at a time what is no longer kept here, each by a watch of its own. */
const catchUpsMax = 32;
/** Who reads nothing for so long gives its turn up. */
const patienceMs = 10_000;

/**
 * One watch of the cluster for all who watch the same here. What it tells is put into words
 * once and kept for a while; every reader has a place in it. Who is behind what is kept gets a
 * watch of its own until it is not.
 */
export class SharedWatch {
  readonly #open: OpenWatch;
  readonly #subject: WatchSubject;
  readonly #upstream: Upstream;
  readonly #onOver: () => void;
  #kept: WatchMessage[] = [];
  #keptBytes = 0;
  /** What comes behind it is kept. */
  #floor: number;
  #through: number;
  readonly #readers = new Set<WatchReader>();
  readonly #behind: WatchReader[] = [];
  readonly #catchUps = new Map<WatchReader, Upstream>();
  #isTelling = false;

  constructor(options: {
    readonly open: OpenWatch;
    readonly subject: WatchSubject;
    readonly after: number;
    /** Nobody reads any more, or the cluster has ended it. */
    readonly onOver: () => void;
  }) {
    const { open, subject, after, onOver } = options;
    this.#open = open;
    this.#subject = subject;
    this.#floor = after;
    this.#through = after;
    this.#onOver = onOver;
    this.#upstream = open({
      machine: 'keys',
      filter: subject.filter,
      after,
      onChanges: (changes, through) => this.#hear(changes, through),
      onEnd: error => this.#end(error),
    });
  }

  /** The watches of the cluster that it needs now. */
  get upstreamCount(): number {
    return 1 + this.#catchUps.size;
  }

  join(reader: WatchReader): void {
    this.#readers.add(reader);
    this.#tell(reader);
  }

  leave(reader: WatchReader): void {
    this.#readers.delete(reader);
    const place = this.#behind.indexOf(reader);
    if (place >= 0) this.#behind.splice(place, 1);
    this.#stopCatchUp(reader);
    const count = this.#readers.size + this.#behind.length + this.#catchUps.size;
    if (count > 0) return;
    this.#upstream.close();
    this.#onOver();
  }

  #hear(changes: readonly KeyChange[], through: number): void {
    const message = this.#inWords(changes, this.#through, through);
    this.#through = Math.max(this.#through, through);
    const last = this.#kept.at(-1);
    // A long quiet time is one step: who has seen a part of it sees the rest.
    if (message.isProgress && last?.isProgress === true) {
      this.#kept.pop();
      this.#keptBytes -= last.bytes.length;
      this.#keep({ ...message, before: last.before });
    } else this.#keep(message);
    this.#forgetOldest();
    this.#tellAll().catch(() => undefined);
  }

  #inWords(changes: readonly KeyChange[], before: number, through: number): WatchMessage {
    return messageOf(changes, { before, through }, this.#subject.words);
  }

  #keep(message: WatchMessage): void {
    this.#kept.push(message);
    this.#keptBytes += message.bytes.length;
  }

  /** The newest message stays, however large it is: all readers are still to get it. */
  #forgetOldest(): void {
    let count = 0;
    for (const { through, bytes } of this.#kept.slice(0, -1)) {
      const isFine =
        this.#keptBytes <= keptMaxBytes && this.#kept.length - count <= keptMaxMessages;
      if (isFine) break;
      count += 1;
      this.#keptBytes -= bytes.length;
      this.#floor = through;
    }
    if (count > 0) this.#kept = this.#kept.slice(count);
  }

  async #tellAll(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let told = -1; told < this.#through; ) {
      told = this.#through;
      let count = 0;
      for (const reader of this.#readers) {
        this.#tell(reader);
        count += 1;
        if (count % readersPerTurn === 0) await turnOfTheOthers();
      }
    }
    this.#isTelling = false;
  }

  /** Tells what is kept and news to the reader. */
  #tell(reader: WatchReader): void {
    if (reader.seen < this.#floor) {
      this.#readers.delete(reader);
      this.#behind.push(reader);
      this.#catchUpNext();
      return;
    }
    if (reader.seen >= this.#through) return;
    for (const message of this.#messagesAfter(reader.seen)) {
      if (!this.#give(reader, newsIn(message, reader.seen))) return;
      reader.seen = message.through;
    }
  }

  /** Most readers miss only the newest, so it is looked for from the end. */
  #messagesAfter(seen: number): readonly WatchMessage[] {
    let place = this.#kept.length;
    while ((this.#kept[place - 1]?.through ?? 0) > seen) place -= 1;
    return this.#kept.slice(place);
  }

  /** False when the reader is too slow, and was told so. */
  #give(reader: WatchReader, bytes: Buffer): boolean {
    if (reader.backlogBytes > backlogMaxBytes) {
      this.#endAsLagging(reader);
      return false;
    }
    if (bytes.length > 0) reader.write(bytes);
    return true;
  }

  #endAsLagging(reader: WatchReader): void {
    this.leave(reader);
    reader.end('lagging', 'you read too slowly; come back with Last-Event-ID');
  }

  #catchUpNext(): void {
    while (this.#catchUps.size < catchUpsMax) {
      const reader = this.#behind.shift();
      if (reader === undefined) return;
      this.#catchUp(reader);
    }
  }

  /** What the reader has missed, at its own speed: the server waits while it does not read. */
  #catchUp(reader: WatchReader): void {
    const { filter } = this.#subject;
    const watch = this.#open({
      machine: 'keys',
      filter,
      after: reader.seen,
      onChanges: (changes, through) => {
        reader.write(this.#inWords(changes, reader.seen, through).bytes);
        reader.seen = through;
        if (reader.backlogBytes <= joinMaxBytes) {
          this.#hasCaughtUp(reader);
          return;
        }
        watch.pause();
        // Others wait for their turn.
        const timer = setTimeout(() => this.#endAsLagging(reader), patienceMs);
        reader.onceDrained(() => {
          clearTimeout(timer);
          if (!this.#hasCaughtUp(reader)) watch.resume();
        });
      },
      onEnd: error => {
        this.leave(reader);
        reader.end(error.code, error.message);
      },
    });
    this.#catchUps.set(reader, watch);
  }

  /** If it has, it goes on with the others; what is kept may have moved on meanwhile. */
  #hasCaughtUp(reader: WatchReader): boolean {
    if (reader.seen < this.#floor || !this.#catchUps.has(reader)) return false;
    this.#stopCatchUp(reader);
    this.join(reader);
    return true;
  }

  #stopCatchUp(reader: WatchReader): void {
    this.#catchUps.get(reader)?.close();
    if (this.#catchUps.delete(reader)) this.#catchUpNext();
  }

  #end(error: ClusterError): void {
    const readers = [...this.#readers, ...this.#behind, ...this.#catchUps.keys()];
    for (const reader of readers) {
      this.leave(reader);
      reader.end(error.code, error.message);
    }
  }
}
