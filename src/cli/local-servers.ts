import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Level } from '../events/sentences.ts';
import type { LogFormat } from '../logging/event-log.ts';
import type { FromServer, ToServer } from './parent-words.ts';

const main = fileURLToPath(new URL('./main.js', import.meta.url));

/** A server that was killed is started again after this time. */
const restartAfterMs = 3000;
/** One that ends more often than this within the time is left alone. */
const endsMax = 5;
const endsWithinMs = 60_000;
/** So long a server may take to hear that everybody stops, and then to stop. */
const silenceMaxMs = 1000;
const stopMaxMs = 10_000;

export type LocalServersOptions = {
  readonly config: string;
  readonly dataDir: string | undefined;
  readonly logFormat: LogFormat;
  readonly say: (level: Level, text: string) => void;
  /** No server runs, and none will be started again. */
  readonly onNoneLeft: () => void;
};

/** A server that shall run here. */
type LocalServer = {
  child: ChildProcess | undefined;
  /** It has told that it listens. */
  serves: boolean;
  /** It has told that it was removed from the cluster. */
  isRemoved: boolean;
  /** The file lists it anew, although it had not ended yet. */
  isWantedBack: boolean;
  restart: NodeJS.Timeout | undefined;
  endedAtMs: number[];
};

/** The servers of one machine, each a process of its own: one that dies is started again. */
export class LocalServers {
  readonly #options: LocalServersOptions;
  readonly #servers = new Map<string, LocalServer>();
  #wanted: readonly string[] = [];
  #isStopping = false;

  constructor(options: LocalServersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#servers.size;
  }

  get servingCount(): number {
    return [...this.#servers.values()].filter(({ serves }) => serves).length;
  }

  /** The file lists these now: whoever does not run is started. */
  want(names: readonly string[]): void {
    if (this.#isStopping) return;
    const before = this.#wanted;
    this.#wanted = names;
    for (const name of names) {
      const server = this.#servers.get(name);
      if (server === undefined) this.#start(name, newServer());
      else if (server.child !== undefined) server.isWantedBack = !before.includes(name);
      else if (server.restart === undefined) this.#start(name, { ...server, endedAtMs: [] });
    }
  }

  /**
   * Stops all. First everybody is told, so that nobody takes the end of another one for a failure,
   * or hands a leadership over that ends with it.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { restart } of this.#servers.values()) clearTimeout(restart);
    const children = [...this.#servers.values()].flatMap(({ child }) => child ?? []);
    await Promise.all(children.map(silence));
    await Promise.all(children.map(stopChild));
  }

  #start(name: string, server: LocalServer): void {
    const { config, dataDir, logFormat } = this.#options;
    const data = dataDir === undefined ? [] : ['--data-dir', dataDir];
    const flags = [name, '--config', config, '--log-format', logFormat, '--text-records', ...data];
    const child = spawn(process.execPath, ['--enable-source-maps', main, 'server', ...flags], {
      // The channel tells the child when we are gone, however we went.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Ctrl-C is for us alone: we tell the servers, in an order that does no harm.
      detached: true,
    });
    server.child = child;
    this.#servers.set(name, server);
    child.on('message', ({ type }: FromServer) => {
      if (type === 'serves') server.serves = true;
      if (type === 'isRemoved') server.isRemoved = true;
    });
    child.once('exit', (code, signal) => this.#ended(name, server, code, signal));
    // As when the machine has no room for another process. One that runs has other ways to end.
    child.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (child.pid === undefined) this.#notStarted(name, server, code);
    });
  }

  #notStarted(name: string, server: LocalServer, why = 'for an unknown reason'): void {
    server.child = undefined;
    if (this.#isStopping) return;
    this.#restartSoon(name, server, `${name} cannot be started (${why})`);
    this.#tellIfOver();
  }

  #ended(
    name: string,
    server: LocalServer,
    code: number | null,
    signal: NodeJS.Signals | null,
  ): void {
    const couldStart = server.serves || signal !== null;
    server.child = undefined;
    server.serves = false;
    if (this.#isStopping) return;
    if (server.isRemoved) {
      this.#servers.delete(name);
      if (server.isWantedBack) this.#start(name, newServer());
    } else if (code === 0) this.#say('warn', `${name} was stopped`, 'it is not started again');
    else if (!couldStart) this.#say('error', `${name} could not start`, 'see what it says above');
    else this.#restartSoon(name, server, endText(name, code, signal));
    this.#tellIfOver();
  }

  #tellIfOver(): void {
    const isOver = [...this.#servers.values()].every(
      ({ child, restart }) => child === undefined && restart === undefined,
    );
    if (isOver) this.#options.onNoneLeft();
  }

  #restartSoon(name: string, server: LocalServer, text: string): void {
    const now = Date.now();
    server.endedAtMs = [...server.endedAtMs.filter(at => now - at < endsWithinMs), now];
    if (server.endedAtMs.length >= endsMax) {
      const often = `${endsMax} times within a minute: it is not started again`;
      this.#say('error', text, `that was ${often}; see what it says above`);
      return;
    }
    this.#say('warn', text, `it is started again in ${restartAfterMs / 1000} s`);
    server.restart = setTimeout(() => {
      server.restart = undefined;
      this.#start(name, server);
    }, restartAfterMs);
  }

  #say(level: Level, what: string, next: string): void {
    const count = `${this.servingCount} of ${this.count} serve`;
    this.#options.say(level, `${what}: ${count}; ${next}`);
  }
}

const newServer = (): LocalServer => ({
  child: undefined,
  serves: false,
  isRemoved: false,
  isWantedBack: false,
  restart: undefined,
  endedAtMs: [],
});

const endText = (name: string, code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `${name} has ended (exit code ${code})` : `${name} was killed (${signal})`;

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** Resolves when the server no longer minds what becomes of the others, or does not answer. */
async function silence(child: ChildProcess): Promise<void> {
  const word: ToServer = { type: 'everybodyStops' };
  const silent = new Promise<void>(resolve => {
    child.on('message', ({ type }: FromServer) => {
      if (type === 'isSilent') resolve();
    });
    child.once('exit', () => resolve());
    child.send(word, error => {
      // One that has just ended, or does not listen to us yet: then it has no office to hand over.
      if (error !== null) resolve();
    });
  });
  await Promise.race([silent, wait(silenceMaxMs, undefined, { ref: false })]);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMaxMs);
  await exited;
  clearTimeout(timer);
}
