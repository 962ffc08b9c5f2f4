import type { FileSystem, LogFile } from './file-system.ts';

const nothing = (): undefined => undefined;
const nothingYet = (): Promise<void> => Promise.resolve();

/** The disk for somebody who only looks: whatever a store mends at its start, it mends in vain. */
export function readOnly(fileSystem: FileSystem): FileSystem {
  const openToRead = async (path: string): Promise<LogFile> => {
    const file = await fileSystem.openToRead(path);
    return {
      write: nothingYet,
      read: (buffer, offset) => file.read(buffer, offset),
      datasync: nothingYet,
      truncate: nothingYet,
      sizeBytes: () => file.sizeBytes(),
      close: () => file.close(),
    };
  };
  return {
    openLogFile: openToRead,
    openToRead,
    list: directory => fileSystem.list(directory),
    readTextIfPresent: path => fileSystem.readTextIfPresent(path),
    syncDirectory: nothing,
    writeAndSync: nothing,
    rename: nothing,
    remove: nothing,
    makeDirectory: nothing,
    spaceOf: path => fileSystem.spaceOf(path),
    inBackground: {
      syncDirectory: nothingYet,
      rename: nothingYet,
      remove: nothingYet,
      removeDirectory: nothingYet,
      copy: nothingYet,
    },
  };
}
