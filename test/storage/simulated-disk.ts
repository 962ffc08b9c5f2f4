import type { Random } from '../../src/simulation/random.ts';
import type { FileSystem, LogFile } from '../../src/storage/file-system.ts';

type Change =
  | { readonly type: 'write'; readonly offset: number; readonly bytes: Buffer }
  | { readonly type: 'truncate'; readonly sizeBytes: number };
type Inode = { synced: Buffer; cached: Buffer; unsynced: Change[] };
type Naming =
  | { readonly type: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly type: 'unlink'; readonly path: string }
  | {
      readonly type: 'rename';
      readonly from: string;
      readonly path: string;
      readonly inode: Inode;
    };

/** The power is gone. Nothing that was asked for after it happens. */
export class PowerLoss extends Error {}

const sectorBytes = 512;

function change(content: Buffer, one: Change): Buffer {
  if (one.type === 'truncate') {
    const result = Buffer.alloc(one.sizeBytes);
    content.copy(result);
    return result;
  }
  const end = one.offset + one.bytes.length;
  const result = Buffer.alloc(Math.max(content.length, end));
  content.copy(result);
  one.bytes.copy(result, one.offset);
  return result;
}

/**
 * A disk in memory that behaves like a real one when the power fails: of what was not synced any
 * part may be there, in any order, and names are as lost as contents are.
 */
export class SimulatedDisk implements FileSystem {
  /** Writes, syncs and changes of names so far. */
  operationCount = 0;
  /** Files that somebody has open. */
  openCount = 0;
  /** The power fails when this many operations were done. */
  failsAfter = Number.POSITIVE_INFINITY;
  /** This operation fails with an error, and the power stays on. */
  errorAt = Number.POSITIVE_INFINITY;
  errorCode = 'ENOSPC';
  readonly #names: Map<string, Inode>;
  readonly #durableNames: Map<string, Inode>;
  #unsyncedNames: Naming[] = [];

  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    const inodes = [...files].map(([path, content]): [string, Inode] => [
      path,
      { synced: content, cached: content, unsynced: [] },
    ]);
    this.#names = new Map(inodes);
    this.#durableNames = new Map(inodes);
  }

  /** The power has failed: nothing that is done from now on happens. */
  get isOff(): boolean {
    return this.operationCount >= this.failsAfter;
  }

  /** What the next boot finds. */
  afterPowerLoss(random: Random): SimulatedDisk {
    const names = new Map(this.#durableNames);
    // A journal keeps them in order; not every file system has one.
    const isInOrder = random.chance(0.5);
    const survivingCount = random.below(this.#unsyncedNames.length + 1);
    for (const [place, naming] of this.#unsyncedNames.entries()) {
      if (isInOrder ? place < survivingCount : random.chance(0.5)) apply(names, naming);
    }
    const files = [...names].map(
      ([path, inode]) => [path, contentAfterPowerLoss(inode, random)] as const,
    );
    return new SimulatedDisk(new Map(files));
  }

  /** Every byte as it stands, synced or not: what a killed process leaves behind. */
  afterKill(): SimulatedDisk {
    const disk = new SimulatedDisk();
    const copies = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const copy = copies.get(inode) ?? { ...inode, unsynced: [...inode.unsynced] };
      copies.set(inode, copy);
      return copy;
    };
    for (const [path, inode] of this.#names) disk.#names.set(path, copyOf(inode));
    for (const [path, inode] of this.#durableNames) disk.#durableNames.set(path, copyOf(inode));
    disk.#unsyncedNames = this.#unsyncedNames.map(naming =>
      naming.type === 'unlink' ? naming : { ...naming, inode: copyOf(naming.inode) },
    );
    return disk;
  }

  paths(): string[] {
    return [...this.#names.keys()];
  }

  content(path: string): Buffer {
    return Buffer.from(this.#inode(path).cached);
  }

  overwrite(path: string, content: Buffer): void {
    Object.assign(this.#inode(path), { synced: content, cached: content, unsynced: [] });
  }

  openToRead(path: string): Promise<LogFile> {
    return this.#names.has(path) ? this.openLogFile(path) : Promise.reject(missing(path));
  }

  openLogFile(path: string): Promise<LogFile> {
    if (!this.#names.has(path)) {
      this.#operate();
      this.#name({ type: 'link', path, inode: newInode() });
    }
    const inode = this.#inode(path);
    let isOpen = true;
    this.openCount += 1;
    const file: LogFile = {
      write: async (buffer, offset) => {
        this.#operate(inode, { type: 'write', offset, bytes: Buffer.from(buffer) });
      },
      read: async (buffer, offset) => {
        if (!isOpen) throw new Error('file closed');
        const part = inode.cached.subarray(offset, offset + buffer.length);
        buffer.set(part);
        return part.length;
      },
      datasync: async () => {
        this.#operate();
        sync(inode);
      },
      truncate: async sizeBytes => this.#operate(inode, { type: 'truncate', sizeBytes }),
      sizeBytes: () => Promise.resolve(inode.cached.length),
      close: async () => {
        if (isOpen) this.openCount -= 1;
        isOpen = false;
      },
    };
    return Promise.resolve(file);
  }

  list(directory: string): readonly string[] {
    const within = [...this.#names.keys()].filter(path => path.startsWith(`${directory}/`));
    return [...new Set(within.map(path => path.slice(directory.length + 1).split('/')[0] ?? ''))];
  }

  readTextIfPresent(path: string): string | undefined {
    return this.#names.get(path)?.cached.toString('utf8');
  }

  readonly inBackground: FileSystem['inBackground'] = {
    syncDirectory: async () => this.syncDirectory(),
    rename: async (from, to) => this.rename(from, to),
    remove: async path => this.remove(path),
    removeDirectory: async path => {
      for (const one of this.paths()) if (one.startsWith(`${path}/`)) this.remove(one);
    },
    copy: async (from, to) => {
      this.#operate();
      const inode = newInode();
      this.#name({ type: 'link', path: to, inode });
      this.#operate(inode, { type: 'write', offset: 0, bytes: this.content(from) });
      this.#operate();
      sync(inode);
    },
  };

  spaceOf(): { readonly freeBytes: number; readonly totalBytes: number } {
    return { freeBytes: 1e12, totalBytes: 1e12 };
  }

  /** Folders are not modelled: a name with a slash in it is enough. */
  makeDirectory(): void {
    this.#operate();
  }

  syncDirectory(): void {
    this.#operate();
    for (const naming of this.#unsyncedNames) apply(this.#durableNames, naming);
    this.#unsyncedNames = [];
  }

  writeAndSync(path: string, text: string): void {
    this.#operate();
    const inode = newInode();
    this.#name({ type: 'link', path, inode });
    this.#operate(inode, { type: 'write', offset: 0, bytes: Buffer.from(text) });
    this.#operate();
    sync(inode);
  }

  rename(from: string, to: string): void {
    this.#operate();
    const inode = this.#inode(from);
    this.#name({ type: 'rename', from, path: to, inode });
  }

  remove(path: string): void {
    if (!this.#names.has(path)) return;
    this.#operate();
    this.#name({ type: 'unlink', path });
  }

  /** The power may fail before the change, or in the middle of it. */
  #operate(inode?: Inode, one?: Change): void {
    const isOver = this.isOff;
    if (!isOver) this.operationCount += 1;
    if (inode !== undefined && one !== undefined && this.operationCount <= this.failsAfter) {
      if (!isOver) {
        inode.cached = change(inode.cached, one);
        inode.unsynced.push(one);
      }
    }
    if (this.isOff) throw new PowerLoss();
    if (this.operationCount === this.errorAt) {
      throw Object.assign(new Error('no space left on device'), { code: this.errorCode });
    }
  }

  #name(naming: Naming): void {
    apply(this.#names, naming);
    this.#unsyncedNames.push(naming);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw missing(path);
    return inode;
  }
}

const missing = (path: string): Error =>
  Object.assign(new Error(`there is no ${path}`), { code: 'ENOENT' });

const newInode = (): Inode => ({
  synced: Buffer.alloc(0),
  cached: Buffer.alloc(0),
  unsynced: [],
});

function sync(inode: Inode): void {
  inode.synced = inode.cached;
  inode.unsynced = [];
}

function apply(names: Map<string, Inode>, naming: Naming): void {
  if (naming.type === 'rename') names.delete(naming.from);
  if (naming.type === 'unlink') names.delete(naming.path);
  else names.set(naming.path, naming.inode);
}

/** Each unsynced write is there, is not, or is there in part. */
function contentAfterPowerLoss({ synced, unsynced }: Inode, random: Random): Buffer {
  let content = synced;
  for (const one of unsynced) {
    const fate = random.below(3);
    if (fate === 0) continue;
    if (fate === 1 || one.type === 'truncate') content = change(content, one);
    else content = change(content, torn(one, random));
  }
  return content;
}

function torn({ offset, bytes }: Extract<Change, { type: 'write' }>, random: Random): Change {
  const sectors = Math.ceil(bytes.length / sectorBytes);
  const from = random.below(sectors + 1) * sectorBytes;
  const end = random.chance(0.5) ? bytes.length : Math.min(bytes.length, from + sectorBytes);
  // Within the first sector, too: not every disk writes sectors whole.
  const isWithin = from >= bytes.length;
  const part = isWithin ? bytes.subarray(0, random.below(bytes.length)) : bytes.subarray(from, end);
  return { type: 'write', offset: isWithin ? offset : offset + from, bytes: Buffer.from(part) };
}
