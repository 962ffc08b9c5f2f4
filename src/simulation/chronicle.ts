import type { ByteString } from '../codec/byte-string.ts';
import { splitJsonArray } from '../codec/split-json-array.ts';
import type { Entry } from '../consensus/types.ts';
import type { JournalEntry } from '../host/journal-reader.ts';
import type { ReadDemand, Warrant } from '../host/read-gate.ts';
import { decodeCommand } from '../state-machines/command.ts';
import { versionsAfter } from '../state-machines/key-values.ts';
import { applyEntry, createReplicatedState } from '../state-machines/replicated-state.ts';
import { demand } from './failure.ts';
import { TimeJudge } from './time-judge.ts';

/** Sleeps that are shorter may go unnoticed. */
const noticeMs = 15;

/** One key as one revision has left it; undefined: gone. */
export type Change = {
  readonly revision: number;
  readonly key: ByteString;
  readonly value: ByteString | undefined;
};

/** What a server has shown to a reader, and of which revision it says it is. */
export type Shown = {
  readonly key: ByteString;
  readonly value: ByteString | undefined;
  readonly revision: number;
  readonly lastSeq: number;
  /** The server, and which of its lives. */
  readonly by: string;
};

/**
 * The history of the log, told by machines that apply what is committed and are never restarted,
 * paused or given a snapshot: whatever a server shows must stand in it.
 */
export class Chronicle {
  readonly #state = createReplicatedState();
  readonly #changes: Change[] = [];
  readonly #changesOf = new Map<ByteString, Change[]>();
  /** By index: when it was committed, and how many objects were posted by then. */
  readonly #moments: { readonly committedAtMs: number; readonly lastSeq: number }[] = [];
  /** The newest entry that each life of a server has shown. */
  readonly #shownBy = new Map<string, number>();
  /** What was posted, in order. */
  readonly #objects: string[] = [];
  readonly #times: TimeJudge;

  constructor(clockDrift: number) {
    this.#times = new TimeJudge(clockDrift);
  }

  /** Entries come in the order of the log; times are true ones. */
  committed(entry: Entry, appendedAtMs: number, committedAtMs: number): void {
    const outcome = applyEntry(this.#state, entry);
    const { keyValues, journal } = this.#state;
    const versions = versionsAfter(keyValues, entry.index - 1, 10) ?? [];
    for (const { revision, changes } of versions) {
      for (const { key, after } of changes) {
        const change = { revision, key, value: after?.value };
        this.#changes.push(change);
        const ofKey = this.#changesOf.get(key) ?? [];
        this.#changesOf.set(key, ofKey);
        ofKey.push(change);
      }
    }
    this.#moments[entry.index] = { committedAtMs, lastSeq: journal.lastSeq };
    const command = entry.kind === 'noop' ? undefined : decodeCommand(entry.payload);
    if (command === undefined || outcome === undefined) return;
    if (command.kind === 'put' && outcome.hadEffect && outcome.result.kind === 'appended') {
      this.#objects.push(...splitJsonArray(command.data).map(data => Buffer.from(data).toString()));
    }
    const gone = versions.flatMap(({ changes }) => changes).filter(({ after }) => !after);
    this.#times.applied({ index: entry.index, appendedAtMs, command, ...outcome, gone });
  }

  /** The newest entry that this life of a server has shown by now. */
  shownBy(by: string): number {
    return this.#shownBy.get(by) ?? 0;
  }

  /**
   * A read shows a moment of the history, and no earlier one than was shown when it began. (Those
   * that go on together may be held up on their way, and arrive in another order.)
   */
  judgeRead(shown: Shown, shownBefore: number): void {
    const isLater = shown.revision >= shownBefore;
    demand(isLater, `${shown.by} shows entry ${shown.revision} after ${shownBefore}`);
    this.#shownBy.set(shown.by, Math.max(shown.revision, this.shownBy(shown.by)));
    const moment = this.#moments[shown.revision];
    const isPast = shown.revision === 0 || moment !== undefined;
    demand(isPast, `a read shows entry ${shown.revision}, which was never committed`);
    const value = this.#valueAt(shown.key, shown.revision);
    demand(
      shown.value === value,
      `a read of ${shown.key} at revision ${shown.revision} shows ${shown.value}, not ${value}`,
    );
    const lastSeq = moment?.lastSeq ?? 0;
    demand(
      shown.lastSeq === lastSeq,
      `a read at entry ${shown.revision} shows ${shown.lastSeq} objects of ${lastSeq}`,
    );
  }

  /** A read of the past shows what was there then, whatever came later. */
  judgePast(key: ByteString, revision: number, shown: ByteString | undefined): void {
    const value = this.#valueAt(key, revision);
    const isSame = shown === value;
    demand(isSame, `a read of ${key} as of revision ${revision} shows ${shown}, not ${value}`);
  }

  /** A bounded read shows all that was committed so long ago, by any clock (B1). */
  judgeAge(
    shown: Shown,
    { staleMs }: Warrant,
    { maxStalenessMs }: ReadDemand,
    nowMs: number,
  ): void {
    const ageMs = staleMs ?? Number.POSITIVE_INFINITY;
    demand(ageMs <= maxStalenessMs, `B1: a read is ${ageMs} ms old, not ${maxStalenessMs}`);
    const missed = this.#moments[shown.revision + 1];
    const isCurrent = missed === undefined || missed.committedAtMs > nowMs - ageMs - noticeMs;
    demand(
      isCurrent,
      `B1: a read that says it is ${ageMs} ms old misses entry ${shown.revision + 1}, ` +
        `committed ${nowMs - (missed?.committedAtMs ?? 0)} ms ago`,
    );
  }

  /** What a watcher of a prefix must be told next, after so many of the changes. */
  nextChange(prefix: string, place: number): { change: Change; place: number } | undefined {
    for (let next = place; next < this.#changes.length; next += 1) {
      const change = this.#changes[next];
      if (change?.key.startsWith(prefix)) return { change, place: next + 1 };
    }
    return undefined;
  }

  /** Posted objects are shown as they were posted, under their numbers, without gap. */
  judgeObjects(from: number, entries: readonly JournalEntry[]): void {
    for (const [place, { seq, data }] of entries.entries()) {
      const text = Buffer.from(data).toString();
      const posted = this.#objects[seq - 1];
      demand(seq === from + place, `object ${seq} is shown in the place of ${from + place}`);
      demand(text === posted, `object ${seq} is shown as ${text}, and is ${posted}`);
    }
  }

  /** The place in the history behind all changes up to a revision. */
  placeAfter(revision: number): number {
    return this.#changes.findLastIndex(change => change.revision <= revision) + 1;
  }

  #valueAt(key: ByteString, revision: number): ByteString | undefined {
    return this.#changesOf.get(key)?.findLast(change => change.revision <= revision)?.value;
  }
}
