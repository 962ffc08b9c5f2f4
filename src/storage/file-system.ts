import * as fs from 'node:fs';
import { copyFile, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** An open file for the log: only what the log needs, so that a test can break each of it. */
export type LogFile = {
  /** Writes all of the buffer at the offset, or fails. */
  write(buffer: Uint8Array, offset: number): Promise<void>;
  read(buffer: Uint8Array, offset: number): Promise<number>;
  datasync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
};

/**
 * The disk as the stores see it. Whatever must survive a power cut goes through here; tests put a
 * disk in its place that fails, or kills the process, at the n-th call.
 */
export type FileSystem = {
  /** To read and write; made, if it is not there. */
  openLogFile(path: string): Promise<LogFile>;
  /** Fails when it is not there. */
  openToRead(path: string): Promise<LogFile>;
  list(directory: string): readonly string[];
  readTextIfPresent(path: string): string | undefined;
  /** Makes the entries of a directory durable: a new or renamed file is else lost with its name. */
  syncDirectory(directory: string): void;
  writeAndSync(path: string, text: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** May be there already. */
  makeDirectory(path: string): void;
  /** Of the disk that the path is on; or of the nearest folder above it that is there. */
  spaceOf(path: string): { readonly freeBytes: number; readonly totalBytes: number };
  /** As above, without holding up the process: for large files, whose removal takes a while. */
  readonly inBackground: {
    syncDirectory(directory: string): Promise<void>;
    rename(from: string, to: string): Promise<void>;
    remove(path: string): Promise<void>;
    /** With all that is in it. */
    removeDirectory(path: string): Promise<void>;
    /** Durable when done, except for the name. */
    copy(from: string, to: string): Promise<void>;
  };
};

class NodeLogFile implements LogFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(buffer: Uint8Array, offset: number): Promise<void> {
    let done = 0;
    while (done < buffer.length) {
      const { bytesWritten } = await this.#handle.write(
        buffer,
        done,
        buffer.length - done,
        offset + done,
      );
      if (bytesWritten === 0) throw new Error('the disk took no byte of a write');
      done += bytesWritten;
    }
  }

  async read(buffer: Uint8Array, offset: number): Promise<number> {
    let done = 0;
    while (done < buffer.length) {
      const { bytesRead } = await this.#handle.read(
        buffer,
        done,
        buffer.length - done,
        offset + done,
      );
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#handle.truncate(sizeBytes);
  }

  async sizeBytes(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function syncPath(path: string, flags: string): void {
  const descriptor = fs.openSync(path, flags);
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** The real disk. */
export const nodeFileSystem: FileSystem = {
  async openLogFile(path) {
    const flags = fs.constants.O_RDWR | fs.constants.O_CREAT;
    return new NodeLogFile(await open(path, flags, 0o600));
  },
  async openToRead(path) {
    return new NodeLogFile(await open(path, fs.constants.O_RDONLY));
  },
  list: directory => fs.readdirSync(directory),
  readTextIfPresent(path) {
    try {
      return fs.readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  syncDirectory: directory => syncPath(directory, 'r'),
  writeAndSync(path, text) {
    fs.writeFileSync(path, text, { mode: 0o600 });
    syncPath(path, 'r+');
  },
  rename: (from, to) => fs.renameSync(from, to),
  remove: path => fs.rmSync(path, { force: true }),
  makeDirectory: path => fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  spaceOf(path) {
    let there = path;
    while (!fs.existsSync(there) && dirname(there) !== there) there = dirname(there);
    const { bavail, blocks, bsize } = fs.statfsSync(there);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
  inBackground: {
    async syncDirectory(directory) {
      const handle = await open(directory, 'r');
      await handle.sync().finally(() => handle.close());
    },
    rename: (from, to) => rename(from, to),
    remove: path => rm(path, { force: true }),
    removeDirectory: path => rm(path, { force: true, recursive: true }),
    async copy(from, to) {
      await copyFile(from, to);
      const handle = await open(to, 'r+');
      await handle.sync().finally(() => handle.close());
    },
  },
};
