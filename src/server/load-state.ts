import { MalformedBytes } from '../codec/byte-reader.ts';
import type { LogIndex, Position, Term } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import { createReplicatedState, type ReplicatedState } from '../machines/frame/replicated-state.ts';
import { StateBuilder } from '../machines/frame/state-records.ts';
import { knownLevel } from '../machines/transaction.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { DamagedFile } from '../storage/frames.ts';
import {
  isFetched,
  readSnapshot,
  type SnapshotHeader,
  snapshotHeader,
  snapshotPaths,
} from '../storage/snapshot-file.ts';

/** Where a server begins: what its newest sound snapshot holds, or nothing. */
export type LoadedState = {
  readonly state: ReplicatedState;
  readonly position: Position;
  /** Of the snapshot's file; 0 when there is none. */
  readonly sizeBytes: number;
  /** Of which content a restored one was made. */
  readonly origin?: string | undefined;
  /** The snapshot came from another server. */
  readonly isFetched: boolean;
  /** Newer ones that cannot be read. */
  readonly damaged: readonly string[];
};

const nothing = { term: 0 as Term, index: 0 as LogIndex };

/**
 * The state of the newest snapshot that can be read. The log may hold everything that a damaged one
 * did, and it only takes longer; else the log is found to begin too late.
 */
export async function loadState(
  directory: string,
  warn: (text: string) => void,
): Promise<LoadedState> {
  const damaged: string[] = [];
  for (const path of snapshotPaths(nodeFileSystem, directory)) {
    try {
      return { ...(await readState(path)), isFetched: isFetched(path), damaged };
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      warn(`${error.message}; it is not used, and the log is applied from further back`);
      damaged.push(path);
    }
  }
  const state = createReplicatedState();
  return { state, position: nothing, sizeBytes: 0, isFetched: false, damaged };
}

/**
 * What a snapshot file holds. Throws a DamagedFile; a StartupError for one that a newer version has
 * written, behind which this one cannot go on.
 */
export async function readState(
  path: string,
): Promise<Pick<LoadedState, 'state' | 'sizeBytes'> & SnapshotHeader> {
  const builder = new StateBuilder();
  try {
    const header = await readSnapshot(nodeFileSystem, path, record => builder.add(record));
    demandLevel(path, header);
    return { ...header, state: builder.finish() };
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    demandLevel(path, await snapshotHeader(nodeFileSystem, path));
    throw new DamagedFile(`${path} holds ${error.message}`);
  }
}

function demandLevel(path: string, { commandLevel }: SnapshotHeader): void {
  if (commandLevel <= knownLevel) return;
  throw new StartupError(
    `${path} was written at level ${commandLevel} of the commands, and this version knows them ` +
      `up to level ${knownLevel}: start a version at least as new as the one that ran here`,
  );
}
