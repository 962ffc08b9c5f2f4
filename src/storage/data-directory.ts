import { randomUUID } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartupError } from '../errors/startup-error.ts';
import { type DirectoryLock, lockDirectory, sweepDrafts } from './directory-lock.ts';
import type { FileSystem } from './file-system.ts';
import { makeFolder } from './make-folder.ts';
import { DurableJsonAdapter, Metadata } from './metadata.ts';
import { newDocument } from './metadata-document.ts';

export type DataDirectory = {
  readonly path: string;
  readonly metadata: Metadata;
  /** Nothing was here before: the directory was created, or was empty. */
  readonly isNew: boolean;
  readonly lock: DirectoryLock;
};

type Owner = { readonly clusterName: string; readonly nodeId: string };

/** Opens the data directory of a server, or creates it; it belongs to one process at a time. */
export function openDataDirectory(
  path: string,
  owner: Owner,
  fileSystem: FileSystem,
): DataDirectory {
  create(path, fileSystem);
  const lock = lockDirectory(path);
  try {
    sweep(path, fileSystem);
    return { path, lock, ...openMetadata(path, owner, fileSystem) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function create(path: string, fileSystem: FileSystem): void {
  try {
    if (makeFolder(path)) fileSystem.syncDirectory(dirname(path));
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartupError(
      `the data directory ${path} cannot be used: ${reasonOf(error)}; ` +
        'choose another one with --data-dir, or mend its permissions',
    );
  }
}

/** Files that were being made when their process died: none of them was ever relied on. */
function sweep(path: string, fileSystem: FileSystem): void {
  const names = fileSystem.list(path);
  for (const name of names) if (/\.(new|part)$/.test(name)) fileSystem.remove(join(path, name));
  sweepDrafts(path, names);
}

function openMetadata(
  path: string,
  owner: Owner,
  fileSystem: FileSystem,
): { metadata: Metadata; isNew: boolean } {
  const file = join(path, 'metadata.json');
  const adapter = new DurableJsonAdapter(file, fileSystem);
  const isNew = adapter.read() === null;
  const strays = fileSystem.list(path).filter(name => /\.(wal|snap|jrn)$/.test(name));
  if (isNew && strays.length > 0) {
    throw new StartupError(
      `the data directory ${path} holds ${strays[0]} but no metadata.json; ` +
        'put the file back, or replace this server by one with an empty data directory',
    );
  }
  const metadata = new Metadata(adapter, newDocument({ ...owner, directoryId: randomUUID() }));
  refuseForeign(path, metadata, owner);
  metadata.beginIncarnation(Math.random());
  return { metadata, isNew };
}

function refuseForeign(path: string, metadata: Metadata, owner: Owner): void {
  const { clusterName, nodeId } = metadata;
  if (clusterName !== owner.clusterName) {
    throw new StartupError(
      `the data directory ${path} belongs to the cluster "${clusterName}", ` +
        `not to "${owner.clusterName}"; choose another directory, ` +
        'or correct clusterName in the configuration',
    );
  }
  if (nodeId !== owner.nodeId) {
    throw new StartupError(
      `the data directory ${path} belongs to the server ${nodeId}, not to ${owner.nodeId}; ` +
        'choose another directory with --data-dir',
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  ENOENT: 'a link on its path leads nowhere',
};

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : reasons[code]) ?? message;
};
