import { appendFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import pc from 'picocolors';
import { createLogger, format, type Logger, transports } from 'winston';
import { StartupError } from '../errors/startup-error.ts';
import type { ClusterEvent } from '../events/cluster-event.ts';
import { type Level, sentenceFor } from '../events/sentences.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { mebibyte } from '../words.ts';

export type LogFormat = 'text' | 'json';
export type EventLogOptions = {
  /** Who speaks: the name of the server, or `client`. */
  readonly name: string;
  readonly format: LogFormat;
  /** Undefined: only the terminal. */
  readonly file?: string;
};

const fileMaxBytes = 10 * mebibyte;
const filesMax = 5;
/** What happens all the time is told at most this often, added up. */
const summaryIntervalMs = 5000;
/** Lines of one kind within an interval; what comes beyond is counted. */
const linesPerKindMax = 10;

type Pulled = Extract<ClusterEvent, { type: 'pulled' }>;
type Committed = Extract<ClusterEvent, { type: 'committed' }>;

/**
 * Tells people what happens: one line with time, level and server, in the terminal and in a file.
 * A busy cluster floods nobody: pulls and commits are added up, repeated lines are counted.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #logger: Logger;
  #pulled: Pulled | undefined;
  #committed: Committed | undefined;
  #lines = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#logger = createEventLogger(options);
  }

  tell(event: ClusterEvent): void {
    // Every heartbeat: news only for those who watch the protocol itself.
    if (event.type === 'roundStarted' || event.type === 'pullRefused') return;
    if (event.type === 'pulled') {
      const count = event.count + (this.#pulled?.count ?? 0);
      this.#pulled = { ...event, count };
      this.#summarizeSoon();
    } else if (event.type === 'committed') {
      this.#committed = event;
      this.#summarizeSoon();
    } else {
      const { level, text } = sentenceFor(event);
      this.#once(event.type, level, text);
    }
  }

  /** Somebody was turned away; many of them are one line. */
  refused(address: string, reason: string): void {
    this.#once('refused', 'warn', `refused a message of ${address}: ${reason}`);
  }

  say(level: Level, text: string): void {
    this.#logger.log(level, text);
  }

  /** Says why the process ends at once: past the logger, which would need time to write. */
  sayLast(text: string): void {
    const { name, file } = this.#options;
    const line = `${new Date().toISOString()} error ${name}  ${text}\n`;
    writeSync(process.stderr.fd, line);
    if (file !== undefined) appendFileSync(file, line);
  }

  /** Writes out what waits. The process may end when this resolves. */
  close(lastWords: string): Promise<void> {
    clearInterval(this.#timer);
    this.#summarize();
    this.say('info', lastWords);
    return new Promise(resolve => {
      this.#logger.once('finish', resolve);
      this.#logger.end();
    });
  }

  #once(kind: string, level: Level, text: string): void {
    const count = (this.#lines.get(kind) ?? 0) + 1;
    this.#lines.set(kind, count);
    if (count <= linesPerKindMax) this.say(level, text);
    this.#timer ??= this.#startTimer();
  }

  /** The first of a quiet time is told at once, what follows with the next summary. */
  #summarizeSoon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#startTimer();
    this.#tellProgress();
  }

  #startTimer(): NodeJS.Timeout {
    return setInterval(() => this.#summarize(), summaryIntervalMs).unref();
  }

  #summarize(): void {
    const isQuiet =
      this.#pulled === undefined && this.#committed === undefined && this.#lines.size === 0;
    this.#tellProgress();
    for (const [kind, count] of this.#lines) {
      const more = count - linesPerKindMax;
      if (more > 0) this.say('info', `and ${more} more lines of the kind "${kind}"`);
    }
    this.#lines = new Map();
    if (!isQuiet) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tellProgress(): void {
    for (const event of [this.#pulled, this.#committed]) {
      if (event === undefined) continue;
      const { level, text } = sentenceFor(event);
      this.say(level, text);
    }
    this.#pulled = undefined;
    this.#committed = undefined;
  }
}

const colors: Readonly<Record<string, (text: string) => string>> = {
  warn: pc.yellow,
  error: pc.red,
};

function createEventLogger({ name, format: lineFormat, file }: EventLogOptions): Logger {
  const line = (paint: boolean) =>
    format.printf(({ timestamp, level, message }) => {
      const text = `${timestamp} ${level.padEnd(5)} ${name}  ${message}`;
      return paint ? (colors[level]?.(text) ?? text) : text;
    });
  const json = format.printf(({ timestamp, level, message }) =>
    JSON.stringify({ time: timestamp, level, server: name, message }),
  );
  const logger = createLogger({
    level: 'info',
    format: format.timestamp(),
    transports: [new transports.Console({ format: lineFormat === 'json' ? json : line(true) })],
  });
  // A line that cannot be written must not stop a server that can still serve.
  logger.on('error', () => undefined);
  if (file === undefined) return logger;
  createFolder(dirname(file));
  return logger.add(
    new transports.File({
      filename: file,
      options: { flags: 'a', mode: 0o600 },
      format: lineFormat === 'json' ? json : line(false),
      maxsize: fileMaxBytes,
      maxFiles: filesMax,
      tailable: true,
    }),
  );
}

function createFolder(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartupError(
      `the folder ${path} for log files cannot be used (${code}); ` +
        'choose another place with --data-dir, or mend its permissions',
    );
  }
}
