import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry, LogIndex, NodeId, Term } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import type { ClusterEvent } from '../events/cluster-event.ts';
import { numberOf, protocolSentence } from '../events/protocol-sentences.ts';
import { decodeCommand } from '../state-machines/command.ts';
import { commandText } from '../state-machines/command-text.ts';
import type { Outcome } from '../state-machines/replicated-state.ts';
import { makeFolder } from '../storage/make-folder.ts';

const flushIntervalMs = 50;
/** Beyond this the dump begins anew, and the one before is kept. */
const dumpMaxBytes = 10 * 1024 * 1024;

/** In the place of entries that came in a snapshot. */
export const snapshotWord = 'SNAPSHOT';

/** How much of an operation the dump shows; the log shows all of it. */
const operationMaxLength = 200;

/** What metadata.txt tells. */
export type Standing = {
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
  readonly #self: NodeId;
  readonly #folder: string;
  readonly #standing: () => Standing;
  readonly #timer: NodeJS.Timeout;
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
    readonly standing: () => Standing;
    /** Entries that are not applied again: their lines, one each, are there already. */
    readonly lineCount: number;
    readonly onFailure: (error: Error) => void;
  }) {
    this.#self = options.self;
    this.#folder = join(options.root, `logs_node_${numberOf(options.self)}`);
    this.#standing = options.standing;
    this.#begin(options.lineCount);
    this.#timer = setInterval(() => {
      try {
        this.#flush();
      } catch (error) {
        this.#fail(error as Error, options.onFailure);
      }
    }, flushIntervalMs);
  }

  tell(event: ClusterEvent): void {
    this.#note(() => this.#say(event));
  }

  /** A client has asked this leader for a command, as it is to stand in the log. */
  requested(command: Uint8Array): void {
    this.#note(() => {
      const operation = shortened(commandText(decodeCommand(command)));
      this.#say({ type: 'requestReceived', operation });
    });
  }

  /** An entry has been applied; a no-op has no outcome, and a repeated command no effect. */
  applied(entry: Entry, outcome: Outcome | undefined, isLeader: boolean): void {
    this.#note(() => {
      const { kind, payload, term } = entry;
      const text = kind === 'noop' ? 'NO-OP' : commandText(decodeCommand(payload));
      this.#logLines.push(`${outcome?.hadEffect === false ? 'REPEATED ' : ''}${text} ${term}`);
      this.#say({ type: 'entryApplied', operation: shortened(text), isLeader });
    });
  }

  /** A snapshot has taken the place of the entries up to `index`: there is one line for all. */
  skippedTo(index: number, term: number): void {
    this.#note(() => this.#logLines.push(`${snapshotWord} ${index} ${term}`));
  }

  close(): void {
    clearInterval(this.#timer);
    if (!this.#hasFailed) this.#flush();
  }

  #note(note: () => void): void {
    if (!this.#hasFailed) this.#notes.push(note);
  }

  #say(event: ClusterEvent): void {
    const sentence = protocolSentence(event, this.#self);
    if (sentence !== undefined) this.#dumpLines.push(sentence);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #begin(lineCount: number): void {
    try {
      makeFolder(this.#folder);
      const lines = linesUpTo(linesOf(this.#path('logs.txt')), lineCount);
      writeFileSync(this.#path('logs.txt'), lines.map(line => `${line}\n`).join(''));
      appendFileSync(this.#path('dump.txt'), '');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new StartupError(
        `the records in ${this.#folder} cannot be written (${code}); ` +
          'mend the permissions, or start without --text-records',
      );
    }
  }

  #flush(): void {
    for (const note of this.#notes) note();
    this.#notes = [];
    this.#append('logs.txt', this.#logLines);
    this.#append('dump.txt', this.#dumpLines);
    this.#logLines = [];
    this.#dumpLines = [];
    this.#writeMetadata();
    if (statSync(this.#path('dump.txt')).size <= dumpMaxBytes) return;
    renameSync(this.#path('dump.txt'), this.#path('dump.1.txt'));
    appendFileSync(this.#path('dump.txt'), '');
  }

  #append(name: string, lines: readonly string[]): void {
    if (lines.length > 0) appendFileSync(this.#path(name), `${lines.join('\n')}\n`);
  }

  #writeMetadata(): void {
    const { term, commitIndex, vote } = this.#standing();
    const voted = vote === undefined ? 'None' : numberOf(vote);
    const text = `Current Term: ${term}\nCommit Length: ${commitIndex}\nVotedFor: ${voted}\n`;
    if (text === this.#metadata) return;
    this.#metadata = text;
    writeFileSync(this.#path('metadata.new'), text);
    renameSync(this.#path('metadata.new'), this.#path('metadata.txt'));
  }

  /** The records serve people; a server that can still serve the cluster does so without them. */
  #fail(error: Error, onFailure: (error: Error) => void): void {
    this.#hasFailed = true;
    this.#notes = [];
    clearInterval(this.#timer);
    onFailure(error);
  }
}

const shortened = (operation: string): string =>
  operation.length <= operationMaxLength ? operation : `${operation.slice(0, operationMaxLength)}…`;

/** The lines of the first `index` entries: one each, but for what a snapshot stands for. */
function linesUpTo(lines: readonly string[], index: number): readonly string[] {
  const place = lines.findLastIndex(line => line.startsWith(`${snapshotWord} `));
  if (place < 0) return lines.slice(0, index);
  const skipped = Number(lines[place]?.split(' ')[1]);
  return skipped > index ? [] : lines.slice(0, place + 1 + index - skipped);
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
