import type { ByteString } from '../codec/byte-string.ts';
import type { Entry } from '../consensus/types.ts';
import type { JournalEntry } from '../host/journal-reader.ts';
import type { ReadDemand, Warrant } from '../host/read-gate.ts';
import { demand } from './failure.ts';
import { canonical, withoutTimes } from './models/canonical.ts';
import { journalDataOf } from './models/journal-model.ts';
import { itemOf, type KeyData, keysDataOf, revisionIn, rowsIn } from './models/keys-data.ts';
import { grantedIn } from './models/leases-model.ts';
import type { ModelDraft } from './models/model-draft.ts';
import { answerOf, ModelLog, type ModelStep, outcomesText } from './models/model-log.ts';
import { TimeJudge } from './time-judge.ts';

/** Sleeps that are shorter may go unnoticed. */
const noticeMs = 15;

/** One key as one revision has left it; undefined: gone. */
export type Change = {
  readonly revision: number;
  readonly key: string;
  readonly value: string | undefined;
};

/** What a server has shown to a reader, and after which entry of the log. */
export type Shown = {
  readonly key: ByteString;
  readonly value: ByteString | undefined;
  readonly index: number;
  readonly lastSeq: number;
  /** The server, and which of its lives. */
  readonly by: string;
};

/** What was found under one key of the past, after which entry of the log. */
export type ShownPast = {
  readonly key: ByteString;
  readonly revision: number;
  readonly index: number;
  readonly refused: string | undefined;
  readonly items: readonly object[];
};

/** What a holder was told of its leases. */
export type KeptAlive = {
  readonly leases: readonly { readonly lease: number; readonly ttlMs: number }[];
  readonly index: number;
  /** When its request came in. */
  readonly fromMs: number;
  /** The first moment by which one of them may be over, as far as the holder knew then. */
  readonly mayEndAtMs: number;
};

/**
 * The history of the log, told by models that apply what is committed and are never restarted,
 * paused or given a snapshot: whatever a server shows must stand in it.
 */
export class Chronicle {
  readonly #log = new ModelLog();
  readonly #changes: Change[] = [];
  /** By index: what every server must make of the entry. */
  readonly #outcomes: string[] = [];
  /** By revision: the keys then. */
  readonly #past: ReadonlyMap<string, KeyData>[] = [new Map()];
  /** By index: when it was committed. */
  readonly #committedAtMs: number[] = [];
  /** The newest entry that each life of a server has shown. */
  readonly #shownBy = new Map<string, number>();
  /** What was posted, in order; and the batches, by their ids. */
  readonly #objects: string[] = [];
  readonly #times: TimeJudge;

  constructor(clockDrift: number) {
    this.#times = new TimeJudge(clockDrift);
  }

  /** The states of all models behind the newest entry. */
  get newest(): ModelDraft {
    const newest = this.#log.at();
    demand(newest !== undefined, 'there is always a newest state');
    return newest;
  }

  get level(): number {
    return this.#log.level;
  }

  /** Entries come in the order of the log; times are true ones. */
  committed(entry: Entry, appendedAtMs: number, committedAtMs: number): void {
    const { outcomes, steps } = this.#log.apply(entry);
    this.#outcomes[entry.index] = outcomesText(outcomes);
    this.#committedAtMs[entry.index] = committedAtMs;
    for (const step of steps) {
      this.#passed(step);
      this.#times.passed(step, appendedAtMs);
    }
  }

  #passed({ before, after }: ModelStep): void {
    for (const { objects } of journalDataOf(after).posted) this.#objects.push(...objects);
    const { keys: was } = keysDataOf(before);
    const { keys: is, isTouched } = keysDataOf(after);
    if (!isTouched) return;
    const revision = revisionIn(after);
    this.#past[revision] = is;
    const touched = [...new Set([...was.keys(), ...is.keys()])].sort((a, b) => (a < b ? -1 : 1));
    for (const key of touched) {
      const record = is.get(key);
      if (record !== was.get(key)) this.#changes.push({ revision, key, value: record?.value });
    }
  }

  /** What every server must make of the entry. */
  outcomesAt(index: number): string | undefined {
    return this.#outcomes[index];
  }

  /** The place of a batch in the journal, as of the newest entry. */
  batch(batchId: string): { readonly first: number; readonly last: number } | undefined {
    return journalDataOf(this.newest).batches.get(batchId);
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
    const then = this.#shown(shown, shownBefore);
    const value = keysDataOf(then).keys.get(shown.key)?.value;
    demand(
      shown.value === value,
      `a read of ${shown.key} behind entry ${shown.index} shows ${shown.value}, not ${value}`,
    );
    const { lastSeq } = journalDataOf(then);
    demand(
      shown.lastSeq === lastSeq,
      `a read behind entry ${shown.index} shows ${shown.lastSeq} objects of ${lastSeq}`,
    );
  }

  #shown({ index, by }: Pick<Shown, 'index' | 'by'>, shownBefore: number): ModelDraft {
    demand(index >= shownBefore, `${by} shows entry ${index} after ${shownBefore}`);
    this.#shownBy.set(by, Math.max(index, this.shownBy(by)));
    const then = this.#log.at(index);
    demand(then !== undefined, `a read shows entry ${index}, which was never committed`);
    return then;
  }

  /** Any query shows what its model knows of that moment. */
  judgeAnswer(
    name: string,
    query: object,
    shown: { readonly answer: unknown; readonly index: number; readonly by: string },
    shownBefore: number,
  ): void {
    const then = this.#shown(shown, shownBefore);
    const right = canonical(withoutTimes(answerOf(then, name, query)));
    const told = canonical(withoutTimes(shown.answer));
    const asked = `${name} ${JSON.stringify(query)} behind entry ${shown.index}`;
    demand(told === right, `${asked} is answered by ${told}, not ${right}`);
  }

  /** A read of the past shows what was there then, whatever came later, as far as it is kept. */
  judgePast({ key, revision, index, refused, items }: ShownPast): void {
    const then = this.#log.at(index);
    demand(then !== undefined, `a read shows entry ${index}, which was never committed`);
    const { oldest, revision: newest } = keysDataOf(then);
    const kept = revision < oldest ? 'forgotten' : revision > newest ? 'future' : undefined;
    const asked = `a read of ${key} as of revision ${revision}, behind entry ${index}`;
    demand(refused === kept, `${asked} is refused: ${refused}, and should be: ${kept}`);
    if (kept !== undefined) return;
    const bounds = { start: key, end: `${key}\0` };
    const rows = rowsIn(this.#past[revision] ?? new Map(), bounds);
    const right = canonical(withoutTimes(rows.map(row => itemOf(row, true))));
    const told = canonical(withoutTimes(items));
    demand(told === right, `${asked} shows ${told}, not ${right}`);
  }

  /** A bounded read shows all that was committed so long ago, by any clock (B1). */
  judgeAge(
    { index }: Pick<Shown, 'index'>,
    { staleMs }: Warrant,
    { maxStalenessMs }: ReadDemand,
    nowMs: number,
  ): void {
    const ageMs = staleMs ?? Number.POSITIVE_INFINITY;
    demand(ageMs <= maxStalenessMs, `B1: a read is ${ageMs} ms old, not ${maxStalenessMs}`);
    const missedAtMs = this.#committedAtMs[index + 1];
    const isCurrent = missedAtMs === undefined || missedAtMs > nowMs - ageMs - noticeMs;
    demand(
      isCurrent,
      `B1: a read that says it is ${ageMs} ms old misses entry ${index + 1}, ` +
        `committed ${nowMs - (missedAtMs ?? 0)} ms ago`,
    );
  }

  /** Whoever was told that a lease lives may rely on it; whoever hears that it is over, too. */
  judgeKeptAlive({ leases, index, fromMs, mayEndAtMs }: KeptAlive, nowMs: number): void {
    const then = this.#log.at(index);
    demand(then !== undefined, `a lease is kept alive behind entry ${index}, never committed`);
    for (const { lease, ttlMs } of leases) {
      const known = grantedIn(then).get(lease);
      const isThere = ttlMs === 0 || ttlMs === known?.ttlMs;
      demand(isThere, `the lease ${lease} is kept alive for ${ttlMs} ms, not ${known?.ttlMs}`);
      if (known === undefined) continue;
      if (ttlMs > 0) this.#times.keptAlive(lease, known, fromMs);
      else demand(nowMs >= mayEndAtMs, `the lease ${lease} is said to be over too early`);
    }
  }

  /** The first moment by which one of the leases may be over. */
  mayEndAtMs(leases: readonly number[]): number {
    return Math.min(...leases.map(lease => this.#times.mayEndAtMs(lease)));
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
}
