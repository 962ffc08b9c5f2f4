import { StartupError } from '../errors/startup-error.ts';
import { openDataDirectory } from './data-directory.ts';
import { DiskSpace } from './disk-space.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import { JournalArchive } from './journal-archive.ts';
import type { SnapshotMark } from './log-base.ts';
import type { LogStoreListener, RecoveredLog } from './log-store.ts';
import type { Metadata } from './metadata.ts';
import { setAside } from './set-aside.ts';
import { type OpenedLog, WriteAheadLog } from './write-ahead-log.ts';

/** The newest sound snapshot, and the paths of newer ones that are damaged. */
type LoadedSnapshot = SnapshotMark & { readonly damaged: readonly string[] };

export type ServerStorage<Loaded extends LoadedSnapshot = LoadedSnapshot> = OpenedLog & {
  readonly metadata: Metadata;
  readonly space: DiskSpace;
  readonly archive: JournalArchive;
  /** What the newest snapshot holds. */
  readonly loaded: Loaded;
  /** The directory held nothing before. */
  readonly isNew: boolean;
  close(): Promise<void>;
};

/** Opens everything that a server keeps on its disk. Throws a StartupError with one sentence. */
export async function openServerStorage<Loaded extends LoadedSnapshot>(options: {
  readonly dataDirectory: string;
  readonly clusterName: string;
  readonly nodeId: string;
  readonly tailMaxBytes: number;
  readonly listener: LogStoreListener;
  /** Reads the newest snapshot, once the directory is ours: the log may begin behind it. */
  readonly load: (directory: string) => Promise<Loaded>;
  readonly segmentMaxBytes: number;
  /** Kept free for what must not fail when the disk is full. */
  readonly reserveBytes: number;
  readonly fileSystem?: FileSystem;
}): Promise<ServerStorage<Loaded>> {
  const path = options.dataDirectory;
  try {
    const disk = options.fileSystem ?? nodeFileSystem;
    const space = new DiskSpace(disk, path, options.reserveBytes);
    space.makeRoomToStart();
    const fileSystem = space.withReserve();
    const directory = openDataDirectory(
      path,
      { clusterName: options.clusterName, nodeId: options.nodeId },
      fileSystem,
    );
    const open = async () => {
      const loaded = await options.load(path);
      // The reserve is not for what can wait: the log keeps what finds no room in the archive.
      const archive = await JournalArchive.open(disk, path, directory.metadata);
      const opened = await WriteAheadLog.open({
        directory: path,
        directoryId: directory.metadata.directoryId,
        floorStore: directory.metadata,
        canRebuild: canOthersGoOn(directory.metadata),
        fileSystem,
        listener: options.listener,
        segmentMaxBytes: options.segmentMaxBytes,
        tailMaxBytes: options.tailMaxBytes,
        snapshot: loaded,
      });
      demandNewest(directory.metadata, opened.recovered, path);
      // Nobody shall fetch a damaged one, nor shall it count as newer than the next.
      const damaged = loaded.damaged.map(one => ({ path: one, isCopied: false }));
      if (damaged.length > 0) await setAside(fileSystem, path, damaged);
      return { loaded, archive, ...opened };
    };
    const { log, ...rest } = await open().catch((error: unknown) => {
      directory.lock.release();
      throw error;
    });
    const close = async (): Promise<void> => {
      space.stop();
      await log.close();
      directory.lock.release();
    };
    const { metadata, isNew } = directory;
    return { metadata, isNew, log, space, ...rest, close };
  } catch (error) {
    throw asStartupError(error, path);
  }
}

/** A term is in the metadata before an entry of it is in the log: an older copy has lost votes. */
function demandNewest({ term }: Metadata, { runs }: RecoveredLog, path: string): void {
  const last = runs.at(-1)?.term ?? 0;
  if (last <= term) return;
  throw new StartupError(
    `${path}/metadata.json is older than the log beside it (term ${term}, and the log has ` +
      `entries of term ${last}): with it this server could vote twice; put the newest file back, ` +
      'or replace this server by one with an empty data directory (member replace)',
  );
}

/** Can the others elect a leader without this server? Then they hold all that was committed. */
function canOthersGoOn({ config, directoryId }: Metadata): boolean {
  const voters = config?.members.filter(({ isVoter }) => isVoter) ?? [];
  const others = voters.filter(voter => voter.directoryId !== directoryId);
  return others.length > voters.length / 2;
}

function asStartupError(error: unknown, path: string): StartupError {
  if (error instanceof StartupError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StartupError(
    `the data directory ${path} cannot be opened: ${reason}; mend the disk or its permissions`,
    { cause: error },
  );
}
