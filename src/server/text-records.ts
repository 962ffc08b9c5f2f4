import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Entry, LogIndex, NodeId, Term } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import type { ClusterEvent } from '../events/cluster-event.ts';
import { numberOf, ProtocolSentences } from '../events/protocol-sentences.ts';
import { type Command, decodeCommand } from '../machines/frame/command.ts';
import { sameEntryMark } from '../machines/frame/command-lines.ts';
import { commandTexts } from '../machines/frame/command-text.ts';
import type { Outcome } from '../machines/frame/replicated-state.ts';
import { isOldCommand } from '../machines/legacy/old-command.ts';
import { oldCommandText } from '../machines/legacy/old-text.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { mebibyte } from '../words.ts';

const flushIntervalMs = 50;
/** What clients have written is nobody else's business. */
const fileMode = 0o600;
/** Beyond this the dump begins anew, and the one before is kept. */
const dumpMaxBytes = 10 * mebibyte;

/** In the place of entries that came in a snapshot. */
export const snapshotWord = 'SNAPSHOT';

/** How much of an operation the dump shows; the log shows all of it. */
const operationMaxLength = 200;

/** What metadata.txt tells. */
export type TermRecord = {
  readonly term: Term;
  readonly commitIndex: LogIndex;
  readonly vote: NodeId | undefined;
};

/**
 * Files for people who want to read what a server does: the applied log, its term and vote, and the
 * protocol's events. Derived from the log and never its source: at a start, what is applied anew is
 * written anew.
 */
export class TextRecords {
  readonly #sentences: ProtocolSentences;
  readonly #folder: string;
  readonly #standing: () => TermRecord;
  readonly #timer: NodeJS.Timeout;
  readonly #onFailure: (error: Error) => void;
  /** What has happened is put into words when it is written: no answer waits for that. */
  #notes: (() => void)[] = [];
  #logLines: string[] = [];
  #dumpLines: string[] = [];
  #metadata = '';
  #hasFailed = false;

  constructor(options: {
    readonly self: NodeId;
    /** The folder of the server's records lies in here. */
    readonly root: string;
    readonly standing: () => TermRecord;
    /** Entries that are not applied again: their lines, one each, are there already. */
    readonly lineCount: number;
    /** The data directory is empty: what the lines of before tell of is nowhere else here. */
    readonly isNew: boolean;
    /** The lines of before are kept in that file. */
    readonly onKept: (path: string) => void;
    readonly onFailure: (error: Error) => void;
  }) {
    this.#sentences = new ProtocolSentences(options.self);
    this.#folder = join(options.root, `logs_node_${numberOf(options.self)}`);
    this.#standing = options.standing;
    const kept = this.#begin(options.lineCount, options.isNew);
    if (kept !== undefined) options.onKept(kept);
    this.#onFailure = options.onFailure;
    this.#timer = setInterval(() => this.#flush(), flushIntervalMs);
  }

  tell(event: ClusterEvent): void {
    this.#note(() => this.#say(event));
  }

  /** A client has asked this leader for what is to stand in the log. */
  requested(command: Command): void {
    this.#note(() => {
      for (const text of commandTexts(command)) {
        this.#say({ type: 'requestReceived', operation: shortened(text) });
      }
    });
  }

  /** An entry has been applied: one line for each of those who share it. */
  applied(entry: Entry, outcomes: readonly Outcome[], isLeader: boolean): void {
    this.#note(() => {
      const { kind, payload, term } = entry;
      const texts = kind === 'noop' ? ['NO-OP'] : textsOf(payload);
      for (const [place, text] of texts.entries()) {
        const mark = place === 0 ? '' : `${sameEntryMark} `;
        this.#logLines.push(`${mark}${effectWord(outcomes[place])}${text} ${term}`);
        this.#say({ type: 'entryApplied', operation: shortened(text), isLeader });
      }
    });
  }

  /** A snapshot has taken the place of the entries up to `index`: there is one line for all. */
  skippedTo(index: number, term: number): void {
    this.#note(() => this.#logLines.push(`${snapshotWord} ${index} ${term}`));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#flush();
  }

  #note(note: () => void): void {
    if (!this.#hasFailed) this.#notes.push(note);
  }

  #say(event: ClusterEvent): void {
    this.#dumpLines.push(...this.#sentences.after(event));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  /** The file that the lines of before are in now, if they are kept aside. */
  #begin(lineCount: number, isNew: boolean): string | undefined {
    try {
      makeFolder(this.#folder);
      // Files of before this rule, too: they hold what people have written.
      for (const name of readdirSync(this.#folder)) {
        if (name.endsWith('.txt')) chmodSync(this.#path(name), fileMode);
      }
      const before = linesOf(this.#path('logs.txt'));
      const kept = isNew && before.length > 0 ? this.#keepAside() : undefined;
      const lines = linesUpTo(before, lineCount);
      this.#write('logs.txt', lines.map(line => `${line}\n`).join(''));
      this.#append('dump.txt', []);
      return kept;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new StartupError(
        `the records in ${this.#folder} cannot be written (${code}); ` +
          'mend the permissions, or start without --text-records',
      );
    }
  }

  /** The records serve people; a server that can still serve the cluster does so without them. */
  #flush(): void {
    if (this.#hasFailed) return;
    try {
      this.#writeAll();
    } catch (error) {
      this.#hasFailed = true;
      this.#notes = [];
      clearInterval(this.#timer);
      this.#onFailure(error as Error);
    }
  }

  #writeAll(): void {
    for (const note of this.#notes) note();
    this.#notes = [];
    this.#dumpLines.push(...this.#sentences.rest());
    if (this.#logLines.length > 0) this.#append('logs.txt', this.#logLines);
    if (this.#dumpLines.length > 0) this.#append('dump.txt', this.#dumpLines);
    this.#logLines = [];
    this.#dumpLines = [];
    this.#writeMetadata();
    if (statSync(this.#path('dump.txt')).size <= dumpMaxBytes) return;
    renameSync(this.#path('dump.txt'), this.#path('dump.1.txt'));
    this.#append('dump.txt', []);
  }

  /** One for each time: what is kept aside is never written over. */
  #keepAside(): string {
    let path = this.#path('logs.before.txt');
    for (let count = 2; existsSync(path); count += 1) path = this.#path(`logs.before.${count}.txt`);
    renameSync(this.#path('logs.txt'), path);
    return path;
  }

  #append(name: string, lines: readonly string[]): void {
    const text = lines.map(line => `${line}\n`).join('');
    appendFileSync(this.#path(name), text, { mode: fileMode });
  }

  #write(name: string, text: string): void {
    writeFileSync(this.#path(name), text, { mode: fileMode });
  }

  #writeMetadata(): void {
    const { term, commitIndex, vote } = this.#standing();
    const voted = vote === undefined ? 'None' : numberOf(vote);
    const text = `Current Term: ${term}\nCommit Length: ${commitIndex}\nVotedFor: ${voted}\n`;
    if (text === this.#metadata) return;
    this.#metadata = text;
    this.#write('metadata.new', text);
    renameSync(this.#path('metadata.new'), this.#path('metadata.txt'));
  }
}

const textsOf = (payload: Uint8Array): readonly string[] =>
  isOldCommand(payload) ? [oldCommandText(payload)] : commandTexts(decodeCommand(payload));

const shortened = (operation: string): string =>
  operation.length <= operationMaxLength ? operation : `${operation.slice(0, operationMaxLength)}…`;

/** What a reader of the log must know to leave the line out. */
function effectWord(outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome.hadEffect) return '';
  const { type } = outcome.result;
  return type === 'done' || type === 'remembered' ? 'REPEATED ' : 'REFUSED ';
}

/** The lines of the first `index` entries: one or several each, but for what came in a snapshot. */
function linesUpTo(lines: readonly string[], index: number): readonly string[] {
  const place = lines.findLastIndex(line => line.startsWith(`${snapshotWord} `));
  const skipped = place < 0 ? 0 : Number(lines[place]?.split(' ')[1]);
  if (skipped > index) return [];
  let count = place + 1;
  for (let entries = skipped; count < lines.length; count += 1) {
    if (lines[count]?.startsWith(`${sameEntryMark} `) !== true) entries += 1;
    if (entries > index) break;
  }
  return lines.slice(0, count);
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
