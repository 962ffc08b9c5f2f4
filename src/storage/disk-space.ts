import { join } from 'node:path';
import { mebibyte } from '../words.ts';
import type { FileSystem, LogFile } from './file-system.ts';

/** Two names, so that votes find room even when the log has used up its own. */
const logReserveName = 'reserve';
const metadataReserveName = 'reserve-metadata';
const metadataReserveBytes = mebibyte / 4;
/** Of a small disk no more than this part is kept. */
const reserveFraction = 1 / 20;
/** So much must be free for a start. */
const startBytes = mebibyte / 2;
const pollMs = 1000;
/** A quota tells nobody how much it leaves: it is tried again after so many looks. */
const refillRestLooks = 10;
const warnAbove = 0.8;
const warnAgainBelow = 0.75;

export type DiskSpaceListener = {
  /** More than 80 % of the disk are used. */
  filling(usedFraction: number): void;
  /** New writes are refused from now on, or taken again. */
  full(isFull: boolean): void;
};

/** The disk takes nothing more. What was to be written can be written later. */
export const isOutOfRoom = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '') &&
  !(error instanceof FailedSync);

/** After a failed sync the pages count as clean: a second one would lie, so it is never retried. */
export class FailedSync extends Error {
  override readonly name = 'FailedSync';
  readonly code: string | undefined;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.code = (cause as NodeJS.ErrnoException).code;
  }
}

/**
 * Room on the disk. New writes are refused while there is still some, and two files hold more of it
 * ready for what must not fail then: votes, and entries that are on their way.
 */
export class DiskSpace {
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  readonly #reserveBytes: number;
  #isFull = false;
  #isWarned = false;
  #restLooks = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(fileSystem: FileSystem, directory: string, reserveBytes: number) {
    this.#directory = directory;
    this.#fileSystem = fileSystem;
    const { totalBytes } = fileSystem.spaceOf(directory);
    this.#reserveBytes = Math.floor(Math.min(reserveBytes, totalBytes * reserveFraction));
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Before anything is written at a start: the reserve is there for this, too. */
  makeRoomToStart(): void {
    const { freeBytes } = this.#fileSystem.spaceOf(this.#directory);
    if (freeBytes < startBytes) this.#release(logReserveName);
  }

  /** The same disk; what finds no room on it gets the reserve. */
  withReserve(): FileSystem {
    const fileSystem = this.#fileSystem;
    return {
      ...fileSystem,
      openLogFile: async path => this.#reservedFile(await fileSystem.openLogFile(path)),
      writeAndSync: (path, text) => {
        try {
          fileSystem.writeAndSync(path, text);
        } catch (error) {
          if (!isOutOfRoom(error) || !this.#release(metadataReserveName)) throw error;
          fileSystem.writeAndSync(path, text);
        }
      },
    };
  }

  #reservedFile(file: LogFile): LogFile {
    const write = async (buffer: Uint8Array, offset: number): Promise<void> => {
      try {
        await file.write(buffer, offset);
      } catch (error) {
        if (!isOutOfRoom(error) || !this.#release(logReserveName)) throw error;
        await file.write(buffer, offset);
      }
    };
    return {
      write,
      read: (buffer, offset) => file.read(buffer, offset),
      datasync: () => file.datasync(),
      truncate: sizeBytes => file.truncate(sizeBytes),
      sizeBytes: () => file.sizeBytes(),
      close: () => file.close(),
    };
  }

  /** Looks every second from now on. */
  async start(listener: DiskSpaceListener): Promise<void> {
    await this.#look(listener);
    const next = (): void => {
      this.#timer = setTimeout(() => {
        // A disk that cannot even be asked says so with the next write.
        this.#look(listener)
          .catch(() => undefined)
          .finally(() => {
            if (this.#timer !== undefined) next();
          });
      }, pollMs);
      this.#timer.unref();
    };
    next();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #look(listener: DiskSpaceListener): Promise<void> {
    const { freeBytes, totalBytes } = this.#fileSystem.spaceOf(this.#directory);
    this.#warn(1 - freeBytes / totalBytes, listener);
    const missingBytes = this.#missing().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    // A little more than is needed: else it would be full again at once.
    const looksFree = freeBytes > missingBytes + 1.5 * this.#reserveBytes;
    const hasRoom = looksFree && (missingBytes === 0 || (await this.#fill()));
    // Without its reserve a server has no room to lose, however it looks just after a start.
    const isShort = freeBytes < this.#reserveBytes || missingBytes > 0;
    const isFull = !hasRoom && (this.#isFull || isShort);
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    listener.full(isFull);
  }

  #warn(usedFraction: number, listener: DiskSpaceListener): void {
    if (usedFraction < warnAgainBelow) this.#isWarned = false;
    if (usedFraction < warnAbove || this.#isWarned) return;
    this.#isWarned = true;
    listener.filling(usedFraction);
  }

  #missing(): { readonly name: string; readonly sizeBytes: number }[] {
    const names = this.#names();
    const wanted = [
      { name: logReserveName, sizeBytes: this.#reserveBytes },
      { name: metadataReserveName, sizeBytes: metadataReserveBytes },
    ];
    return wanted.filter(({ name }) => !names.includes(name));
  }

  /** Returns whether all of it is there: a quota may leave less room than the disk has. */
  async #fill(): Promise<boolean> {
    this.#restLooks -= 1;
    if (this.#restLooks > 0) return false;
    let isWhole = true;
    for (const { name, sizeBytes } of this.#missing()) {
      isWhole = (await this.#tryReserve(name, sizeBytes)) && isWhole;
    }
    if (!isWhole) this.#restLooks = refillRestLooks;
    return isWhole;
  }

  async #tryReserve(name: string, sizeBytes: number): Promise<boolean> {
    const path = join(this.#directory, `${name}.new`);
    const { rename, remove } = this.#fileSystem.inBackground;
    try {
      await this.#writeZeros(path, sizeBytes);
      await rename(path, join(this.#directory, name));
      return true;
    } catch (error) {
      // What there is of it would take the last room.
      await remove(path).catch(() => undefined);
      if (!isOutOfRoom(error)) throw error;
      return false;
    }
  }

  /** Zeros that are really there: a file with holes would reserve nothing. */
  async #writeZeros(path: string, sizeBytes: number): Promise<void> {
    const file = await this.#fileSystem.openLogFile(path);
    try {
      for (let offset = 0; offset < sizeBytes; offset += mebibyte) {
        await file.write(Buffer.alloc(Math.min(mebibyte, sizeBytes - offset)), offset);
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Returns whether there was something to give. */
  #release(name: string): boolean {
    if (!this.#names().includes(name)) return false;
    this.#fileSystem.remove(join(this.#directory, name));
    return true;
  }

  #names(): readonly string[] {
    try {
      return this.#fileSystem.list(this.#directory);
    } catch {
      // At the first start there is no directory yet.
      return [];
    }
  }
}
