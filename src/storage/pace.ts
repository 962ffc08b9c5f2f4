import type { FileSystem, LogFile } from './file-system.ts';

/** Waits are gathered until they are worth a timer. */
const waitMinMs = 20;

/**
 * Holds reading down to so many bytes a second, whatever the disk could do: all the time that they
 * may take is waited for, and what the reading itself took comes on top.
 */
export class Pace {
  /** May be changed at any time. */
  bytesPerSecond: number;
  readonly #wait: (ms: number) => Promise<unknown>;
  #owedMs = 0;

  constructor(bytesPerSecond: number, wait: (ms: number) => Promise<unknown>) {
    this.bytesPerSecond = bytesPerSecond;
    this.#wait = wait;
  }

  /** So many bytes were read. */
  async took(bytes: number): Promise<void> {
    this.#owedMs += (1000 * bytes) / this.bytesPerSecond;
    if (this.#owedMs < waitMinMs) return;
    const ms = this.#owedMs;
    this.#owedMs = 0;
    await this.#wait(ms);
  }
}

/** The same files, read no faster than the pace allows. */
export const paced = (
  fileSystem: Pick<FileSystem, 'openToRead'>,
  pace: Pace,
): Pick<FileSystem, 'openToRead'> => ({
  openToRead: async path => {
    const file: LogFile = await fileSystem.openToRead(path);
    return {
      write: (buffer, offset) => file.write(buffer, offset),
      read: async (buffer, offset) => {
        const count = await file.read(buffer, offset);
        await pace.took(count);
        return count;
      },
      datasync: () => file.datasync(),
      truncate: sizeBytes => file.truncate(sizeBytes),
      sizeBytes: () => file.sizeBytes(),
      close: () => file.close(),
    };
  },
});
