import { basename, join } from 'node:path';
import type { FileSystem } from './file-system.ts';

/*
 * What a server would have to remove although somebody may want it back (a log that is damaged, or
 * entries that were committed) goes into a folder of its own, for people.
 */
const namePattern = /^damaged-/;
/** Older ones go: a disk that damages a file a day shall not fill up with them. */
const foldersMax = 4;

/** Files that go aside together, and how: moved, or copied because they are in use. */
export type Aside = { readonly path: string; readonly isCopied: boolean };

/** Puts the files into a new folder of the directory, durably, and returns its path. */
export async function setAside(
  fileSystem: FileSystem,
  directory: string,
  files: readonly Aside[],
): Promise<string> {
  const time = new Date().toISOString().replaceAll(':', '-');
  const folder = join(directory, `damaged-${time}`);
  await dropOldest(fileSystem, directory);
  fileSystem.makeDirectory(folder);
  const { copy, rename, syncDirectory } = fileSystem.inBackground;
  for (const { path, isCopied } of files) {
    const target = join(folder, basename(path));
    await (isCopied ? copy(path, target) : rename(path, target));
  }
  await syncDirectory(folder);
  await syncDirectory(directory);
  return folder;
}

async function dropOldest(fileSystem: FileSystem, directory: string): Promise<void> {
  const names = fileSystem.list(directory).filter(name => namePattern.test(name));
  const old = names.sort().slice(0, Math.max(0, names.length - foldersMax + 1));
  for (const name of old) await fileSystem.inBackground.removeDirectory(join(directory, name));
}
