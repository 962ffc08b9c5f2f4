import { StartupError } from '../errors/startup-error.ts';
import { openDataDirectory } from './data-directory.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import type { LogStoreListener, RecoveredLog } from './log-store.ts';
import type { Metadata } from './metadata.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

/** 64 MiB: a restart reads a segment at a time, so this is also what it needs of memory. */
const defaultSegmentMaxBytes = 64 * 1024 * 1024;

export type ServerStorage = {
  readonly metadata: Metadata;
  readonly log: WriteAheadLog;
  readonly recovered: RecoveredLog;
  /** The directory held nothing before. */
  readonly isNew: boolean;
  close(): Promise<void>;
};

/** Opens everything that a server keeps on its disk. Throws a StartupError with one sentence. */
export async function openServerStorage(options: {
  readonly dataDirectory: string;
  readonly clusterId: string;
  readonly nodeId: string;
  readonly tailMaxBytes: number;
  readonly listener: LogStoreListener;
  readonly segmentMaxBytes?: number;
  readonly fileSystem?: FileSystem;
}): Promise<ServerStorage> {
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const path = options.dataDirectory;
  try {
    const directory = openDataDirectory(
      path,
      { clusterId: options.clusterId, nodeId: options.nodeId },
      fileSystem,
    );
    const { log, recovered } = await WriteAheadLog.open({
      directory: path,
      directoryId: directory.metadata.directoryId,
      fileSystem,
      listener: options.listener,
      segmentMaxBytes: options.segmentMaxBytes ?? defaultSegmentMaxBytes,
      tailMaxBytes: options.tailMaxBytes,
    }).catch((error: unknown) => {
      directory.lock.release();
      throw error;
    });
    const close = async (): Promise<void> => {
      await log.close();
      directory.lock.release();
    };
    return { metadata: directory.metadata, log, recovered, isNew: directory.isNew, close };
  } catch (error) {
    throw asStartupError(error, path);
  }
}

function asStartupError(error: unknown, path: string): StartupError {
  if (error instanceof StartupError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StartupError(
    `the data directory ${path} cannot be opened: ${reason}; mend the disk or its permissions`,
    { cause: error },
  );
}
