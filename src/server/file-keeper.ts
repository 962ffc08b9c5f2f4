import { basename } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { unreachable } from '../assert.ts';
import type { NodeId } from '../consensus/types.ts';
import { gapBeforeLog, type JournalSources } from '../host/journal-reader.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';
import type { Range } from '../storage/archive-floor.ts';
import type { LogDamage } from '../storage/check-log.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import type { LogIndex } from '../words.ts';
import { type CheckedFiles, checkFiles, type FoundDamage } from './file-check.ts';

const healEveryMs = 5000;
const checkEveryMs = 24 * 60 * 60 * 1000;

export type FileKeeperOptions = CheckedFiles & {
  readonly sources: Pick<JournalSources, 'state' | 'log' | 'archive'>;
  readonly bytesPerSecond: number;
  /** Who may have what is missing here. */
  readonly others: () => readonly NodeId[];
  /** Gets posted objects from another server, and hands them over. */
  readonly fill: (
    source: NodeId,
    gap: Range,
    keep: (batches: AsyncIterable<ArchivedBatch>) => Promise<void>,
  ) => Promise<void>;
  /** Lets go of the log before an entry, if snapshot and archive hold all of it; was it done? */
  readonly dropLogBefore: (index: LogIndex) => Promise<boolean>;
  readonly say: (level: 'info' | 'warn', text: string) => void;
};

/**
 * Looks after the files that nobody reads for a long time: once a day it reads all of them. What is
 * lost of the archive it gets back from the others, what else can be mended it mends; the rest it
 * names.
 */
export class FileKeeper {
  readonly #options: FileKeeperOptions;
  readonly #stopping = new AbortController();
  readonly #damagedSnapshots = new Set<string>();
  #damagedLog: LogDamage[] = [];
  #damagedMetadata: string[] = [];
  readonly #told = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();
  #healing: Promise<void> | undefined;

  constructor(options: FileKeeperOptions) {
    this.#options = options;
  }

  /** Names of files that are damaged or missing. */
  get damagedFiles(): readonly string[] {
    const { archive, log, sources } = this.#options;
    const gap = gapBeforeLog(sources);
    const there = log.files.map(file => file.path);
    return [
      ...archive.damagedFiles,
      ...(gap === undefined ? [] : [`entries-*-${gap.firstSeq}-${gap.lastSeq}-*.jrn`]),
      ...this.#damagedLog.map(({ path }) => path).filter(path => there.includes(path)),
      ...this.#unreadableSnapshots(),
      ...this.#damagedMetadata,
    ].map(path => basename(path));
  }

  /** Those that no newer one has replaced yet. */
  #unreadableSnapshots(): string[] {
    if (this.#damagedSnapshots.size === 0) return [];
    const names = nodeFileSystem.list(this.#options.directory);
    return [...this.#damagedSnapshots].filter(path => names.includes(basename(path)));
  }

  start(): void {
    this.#running = Promise.all([
      this.#repeat(healEveryMs, () => this.#heal()),
      this.#repeat(checkEveryMs, () => this.#check()),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Passes begin so long after each other; one that takes longer is followed at once. */
  async #repeat(everyMs: number, run: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedAt = performance.now();
      await run().catch(({ message }: Error) => {
        if (!signal.aborted) this.#tellOnce(message);
      });
      const restMs = Math.max(0, everyMs - (performance.now() - startedAt));
      await this.#wait(restMs).catch(() => undefined);
    }
  }

  /** Rejects when the server stops. */
  #wait(ms: number): Promise<unknown> {
    return after(ms, undefined, { ref: false, signal: this.#stopping.signal });
  }

  #tellOnce(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.say('warn', text);
  }

  /** One at a time: nothing is put back twice. */
  #heal(): Promise<void> {
    this.#healing ??= this.#mendAll().finally(() => {
      this.#healing = undefined;
    });
    return this.#healing;
  }

  async #mendAll(): Promise<void> {
    const { archive, sources } = this.#options;
    for (const gap of archive.missing) {
      if (this.#stopping.signal.aborted) return;
      await this.#fill(gap, batches => archive.fill(gap, batches));
    }
    const gap = gapBeforeLog(sources);
    if (gap !== undefined) await this.#fill(gap, batches => archive.extend(gap, batches));
    await this.#dropDamagedLog();
  }

  async #fill(
    gap: Range,
    keep: (batches: AsyncIterable<ArchivedBatch>) => Promise<void>,
  ): Promise<void> {
    const { others, fill, say } = this.#options;
    const { firstSeq, lastSeq } = gap;
    this.#tellOnce(`entries ${firstSeq} to ${lastSeq} are missing here; others are asked for them`);
    for (const source of others()) {
      // What was broken off is not begun again elsewhere.
      if (this.#stopping.signal.aborted) return;
      const isFilled = await fill(source, gap, keep).then(
        () => true,
        () => false,
      );
      if (!isFilled) continue;
      say('info', `has entries ${firstSeq} to ${lastSeq} again, from ${source}`);
      return;
    }
  }

  /** What the snapshot and the archive hold need not be in the log, if they can be read. */
  async #dropDamagedLog(): Promise<void> {
    const isHeld = this.#unreadableSnapshots().length === 0;
    for (const damage of this.#damagedLog) {
      const { path, why, nextFirstIndex } = damage;
      const isDropped =
        isHeld &&
        nextFirstIndex !== undefined &&
        (await this.#options.dropLogBefore(nextFirstIndex as LogIndex));
      if (isDropped) {
        this.#damagedLog = this.#damagedLog.filter(one => one !== damage);
        this.#options.say('info', `let go of ${path}: the snapshot holds all of it`);
      } else {
        this.#tellOnce(
          `the log file ${path} is damaged: ${why}. Nothing is lost while the others have it: ` +
            'stop this server and start it again, and it gets its log from them',
        );
      }
    }
  }

  async #check(): Promise<void> {
    const { bytesPerSecond } = this.#options;
    this.#damagedSnapshots.clear();
    this.#damagedLog = [];
    for await (const found of checkFiles(this.#options, bytesPerSecond, ms => this.#wait(ms))) {
      this.#note(found);
      await this.#heal();
    }
  }

  #note(found: FoundDamage): void {
    switch (found.type) {
      case 'archive':
        this.#tellOnce(found.text);
        break;
      case 'snapshot':
        this.#damagedSnapshots.add(found.path);
        this.#tellOnce(`${found.text}; the next snapshot takes its place`);
        break;
      case 'log':
        this.#damagedLog.push(found.damage);
        break;
      case 'metadata':
        this.#mendMetadata(found.path, found.text);
        break;
      default:
        unreachable(found);
    }
  }

  /** What is in memory was on the disk, and is right. */
  #mendMetadata(path: string, why: string): void {
    this.#damagedMetadata = [path];
    this.#options.say('warn', `${path}: ${why}; it is written anew`);
    this.#options.metadata.update({});
    this.#damagedMetadata = [];
  }
}
