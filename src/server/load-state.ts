import type { LogIndex, Position, Term } from '../consensus/types.ts';
import { noteBeginning } from '../state-machines/journal.ts';
import { createReplicatedState, type ReplicatedState } from '../state-machines/replicated-state.ts';
import { StateBuilder, type StateRecord } from '../state-machines/state-capture.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { DamagedFile } from '../storage/frames.ts';
import {
  isFetched,
  readSnapshot,
  type SnapshotHeader,
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

/** What a snapshot file holds. Throws a DamagedFile. */
export async function readState(
  path: string,
): Promise<Pick<LoadedState, 'state' | 'sizeBytes'> & SnapshotHeader> {
  const builder = new StateBuilder();
  const header = await readSnapshot(nodeFileSystem, path, record =>
    builder.add(record as StateRecord),
  );
  const state = builder.finish();
  noteBeginning(state);
  return { ...header, state };
}
