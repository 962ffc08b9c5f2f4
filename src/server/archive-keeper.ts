import { setTimeout as after } from 'node:timers/promises';
import type { NodeId } from '../consensus/types.ts';
import type { Range } from '../storage/archive-floor.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { DamagedFile } from '../storage/frames.ts';
import type { JournalArchive } from '../storage/journal-archive.ts';
import { readSnapshot, snapshotPaths } from '../storage/snapshot-file.ts';

const healEveryMs = 5000;
const checkEveryMs = 24 * 60 * 60 * 1000;
/** A check reads so much, and then waits: 8 MiB in a second, whatever the disk could do. */
const checkStepBytes = 1024 * 1024;
const checkPauseMs = 125;

export type ArchiveKeeperOptions = {
  readonly directory: string;
  readonly archive: JournalArchive;
  /** Who may have what is missing here. */
  readonly others: () => readonly NodeId[];
  readonly fill: (source: NodeId, gap: Range) => Promise<void>;
  readonly say: (level: 'info' | 'warn', text: string) => void;
};

/**
 * Looks after the files that nobody reads for a long time: once a day it reads all of them, and
 * what is lost of the archive it gets back from the others.
 */
export class ArchiveKeeper {
  readonly #options: ArchiveKeeperOptions;
  readonly #stopping = new AbortController();
  readonly #damagedSnapshots = new Set<string>();
  readonly #told = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();
  #healing: Promise<void> | undefined;

  constructor(options: ArchiveKeeperOptions) {
    this.#options = options;
  }

  /** Names of files that cannot be read. */
  get damagedFiles(): readonly string[] {
    return [...this.#options.archive.damagedFiles, ...this.#damagedSnapshots];
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

  async #repeat(everyMs: number, run: () => Promise<void>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await run().catch(({ message }: Error) => this.#tellOnce(message));
      await this.#pause(everyMs);
    }
  }

  #pause(ms: number): Promise<unknown> {
    return after(ms, undefined, { ref: false, signal: this.#stopping.signal }).catch(
      () => undefined,
    );
  }

  #tellOnce(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.say('warn', text);
  }

  /** One at a time: nothing is put back twice. */
  #heal(): Promise<void> {
    this.#healing ??= this.#fillGaps().finally(() => {
      this.#healing = undefined;
    });
    return this.#healing;
  }

  async #fillGaps(): Promise<void> {
    const { archive, others, fill, say } = this.#options;
    for (const gap of archive.missing) {
      const { firstSeq, lastSeq } = gap;
      this.#tellOnce(
        `entries ${firstSeq} to ${lastSeq} are missing here; others are asked for them`,
      );
      for (const source of others()) {
        const isFilled = await fill(source, gap).then(
          () => true,
          () => false,
        );
        if (!isFilled) continue;
        say('info', `has entries ${firstSeq} to ${lastSeq} again, from ${source}`);
        break;
      }
    }
  }

  /** Whatever is found is remembered where it was found. */
  async #check(): Promise<void> {
    const { archive, directory } = this.#options;
    for (const file of archive.files) await this.#pace(archive.readFile(file));
    this.#damagedSnapshots.clear();
    for (const path of snapshotPaths(nodeFileSystem, directory)) {
      await readSnapshot(nodeFileSystem, path, () => undefined).catch((error: Error) => {
        if (!(error instanceof DamagedFile)) return;
        this.#damagedSnapshots.add(path);
        this.#tellOnce(`${error.message}; the next snapshot takes its place`);
      });
    }
  }

  async #pace(batches: AsyncIterable<{ readonly data: Uint8Array }>): Promise<void> {
    let bytes = 0;
    try {
      for await (const { data } of batches) {
        if (this.#stopping.signal.aborted) return;
        bytes += data.length;
        if (bytes < checkStepBytes) continue;
        bytes = 0;
        await this.#pause(checkPauseMs);
      }
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      this.#tellOnce(error.message);
      await this.#heal();
    }
  }
}
