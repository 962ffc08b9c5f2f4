import { rmSync } from 'node:fs';
import type { Config, DirectoryId } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import { floorBeyond, raisedState } from '../machines/frame/raised-state.ts';
import type { ReplicatedState } from '../machines/frame/replicated-state.ts';
import { captureState } from '../machines/frame/state-records.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';
import { openDataDirectory } from '../storage/data-directory.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { JournalArchive } from '../storage/journal-archive.ts';
import { keepFetched, writeSnapshot } from '../storage/snapshot-file.ts';
import type { LogIndex, Position } from '../words.ts';
import { countMax } from '../words.ts';

/** What an old cluster held, for the data directory of a new one. */
export type DirectoryContent = {
  /** Of the old cluster: the new one begins far beyond it. */
  readonly position: Position;
  readonly state: ReplicatedState;
  /** Read anew for each directory: they need not fit into memory. */
  batches(): AsyncIterable<ArchivedBatch>;
  /** Tells it from any other content: servers found a cluster only with those of the same one. */
  readonly origin: string;
  /**
   * A cluster that is founded already, in which the directory has its place; without it, the
   * listed servers found one at their start.
   */
  readonly configOf?: (directoryId: DirectoryId) => Config;
};

type Owner = { readonly clusterName: string; readonly nodeId: string };

/**
 * Makes the data directory of a server in a new cluster. Its log begins where the old cluster's
 * cannot come, so that no revision, fencing token or session id is given out twice. It is whole, or
 * it is not there.
 */
export async function makeDirectory(
  path: string,
  owner: Owner,
  content: DirectoryContent,
): Promise<void> {
  const position = { ...content.position, index: floorBeyond(content.position.index) as LogIndex };
  // Beyond that its servers would refuse each other's messages.
  if (floorBeyond(position.index) > countMax) {
    throw new StartupError('the log has been restored too often: its numbers would not suffice');
  }
  await fill(path, owner, content, position).catch((error: unknown) => {
    rmSync(path, { recursive: true, force: true });
    throw error;
  });
}

async function fill(
  path: string,
  owner: Owner,
  { state, batches, origin, configOf }: DirectoryContent,
  position: Position,
): Promise<void> {
  const opened = openDataDirectory(path, owner, nodeFileSystem);
  try {
    const archive = await JournalArchive.open(nodeFileSystem, path, opened.metadata);
    await archive.add(batches(), position.index);
    const { clusterName } = owner;
    const config = configOf?.(opened.metadata.directoryId);
    const raised = raisedState(state, position.index);
    const commandLevel = raised.level;
    const header = { clusterName, clusterId: config?.clusterId, position, origin, commandLevel };
    const records = captureState(raised);
    const saved = await writeSnapshot(nodeFileSystem, path, header, records);
    // The log begins behind it.
    if (saved !== undefined) await keepFetched(nodeFileSystem, path, saved.path, position);
    opened.metadata.persistVote(position.term, undefined);
    if (config !== undefined) opened.metadata.persistConfig(config);
  } finally {
    opened.lock.release();
  }
}
