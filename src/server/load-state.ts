import type { LogIndex, Position, Term } from '../consensus/types.ts';
import { createReplicatedState, type ReplicatedState } from '../state-machines/replicated-state.ts';
import { StateBuilder, type StateRecord } from '../state-machines/state-capture.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { DamagedSnapshot, readSnapshot, snapshotPaths } from '../storage/snapshot-file.ts';

/** Where a server begins: what its newest sound snapshot holds, or nothing. */
export type LoadedState = { readonly state: ReplicatedState; readonly position: Position };

const nothing = { term: 0 as Term, index: 0 as LogIndex };

/**
 * The state of the newest snapshot that can be read. A damaged one is told and left aside: the log
 * still holds everything, it only takes longer.
 */
export async function loadState(
  directory: string,
  warn: (text: string) => void,
): Promise<LoadedState> {
  for (const path of snapshotPaths(nodeFileSystem, directory)) {
    try {
      const builder = new StateBuilder();
      const { position } = await readSnapshot(nodeFileSystem, path, record =>
        builder.add(record as StateRecord),
      );
      return { state: builder.finish(), position };
    } catch (error) {
      if (!(error instanceof DamagedSnapshot)) throw error;
      warn(`${error.message}; it is not used, and the log is applied from further back`);
    }
  }
  return { state: createReplicatedState(), position: nothing };
}
