import { StartupError } from '../errors/startup-error.ts';
import type { LogIndex, Position } from '../words.ts';
import type { LogFile } from './file-system.ts';
import { logBase } from './log-base.ts';
import { type FloorStore, LogFloorKeeper } from './log-floor.ts';
import type { RecoveredLog } from './log-store.ts';
import type { LogTail } from './log-tail.ts';
import { type Damage, type LogFiles, type ReadOptions, readLogFiles } from './read-log-files.ts';
import { cutAt, type Segment } from './segment.ts';
import { setAside } from './set-aside.ts';
import { adoptAsFetched } from './snapshot-file.ts';

/*
 * What becomes of a log at the start. One that holds less than it did is never taken for a shorter
 * one: what it acknowledged is gone, and a vote given from the rest would let a majority forget it.
 * Such a server rebuilds from the others, and has no vote until it holds again what a leader has
 * confirmed since.
 */

export type RecoverOptions = ReadOptions & {
  readonly floorStore: FloorStore;
  /** The others can elect a leader without this server, and hold what it may have lost. */
  readonly canRebuild: boolean;
};

/** A log holds less than it did. */
export type Shortfall = {
  /** Everything up to here was on the disk once; there may have been more. */
  readonly heldBefore: number;
  readonly file: string;
  readonly why: string;
  /** Where the files are that cannot be used; undefined when there are none. */
  readonly folder: string | undefined;
};

export type OpenedFiles = {
  readonly segments: Segment[];
  readonly tail: LogTail;
  readonly recovered: RecoveredLog;
  readonly shortfall: Shortfall | undefined;
  /** Something was wrong with a part of the log that the snapshot holds as well. */
  readonly repaired: Damage | undefined;
};

/** Opens the files of a directory. Those to be closed when this fails are in `opened`. */
export async function recoverLog(
  options: RecoverOptions,
  opened: Set<LogFile>,
): Promise<OpenedFiles> {
  const floor = new LogFloorKeeper(options.floorStore);
  const files = await readLogFiles(options, floor.found, opened);
  const { segments, tail, damage } = files;
  tail.release(tail.lastIndex);
  const heldBefore = Math.max(floor.found?.durableIndex ?? 0, tail.lastIndex);
  const firstIndex = segments[0]?.firstIndex as LogIndex | undefined;
  const lastIndex = tail.lastIndex as LogIndex;
  const { base, isAnew } = logBase({ runs: files.runs, firstIndex, lastIndex }, options.snapshot);
  // First of all: a crash in between must not forget that something was lost.
  if (damage !== undefined) beginRecovery(options, damage);
  if (isAnew) floor.beforeClear(base.index);
  else if (files.below.length > 0) floor.beforeCompaction(firstIndex ?? base.index + 1);
  const folder = await keepAside(options, files, isAnew);
  if (isAnew) await beginBehind(base, files, options, opened);
  // What is damaged has been copied: the sound part of the file goes on.
  const [newest] = damage === undefined ? [] : segments.slice(-1);
  if (newest !== undefined) await cutAt(newest, newest.endOffset);
  floor.set({
    firstIndex: segments[0]?.firstIndex ?? base.index + 1,
    newestFirstIndex: segments.at(-1)?.firstIndex ?? 0,
    durableIndex: tail.lastIndex,
  });
  return {
    segments,
    tail,
    recovered: {
      base,
      runs: isAnew ? [] : files.runs,
      lastIndex: tail.lastIndex as LogIndex,
      tail: tail.entries(),
    },
    repaired: files.repaired,
    shortfall: damage && { heldBefore, file: damage.path, why: damage.why, folder },
  };
}

/** Notes that the server has no vote until it holds the log again. Refuses what nobody can mend. */
function beginRecovery({ canRebuild, floorStore }: RecoverOptions, { path, why }: Damage): void {
  if (!canRebuild) {
    throw new StartupError(
      `the log file ${path} is damaged: ${why}. No majority of other servers can make up for ` +
        'it: put the file back as it was, or make a new cluster out of the best directory that ' +
        'is left (gossip-raft recover)',
    );
  }
  floorStore.update({ isRecovering: true });
}

/** Moves away what cannot be used, for people; returns where it is. */
async function keepAside(
  { fileSystem, directory }: RecoverOptions,
  { segments, below, above, damage }: LogFiles,
  isAnew: boolean,
): Promise<string | undefined> {
  const unusable = [...below, ...above].map(path => ({ path, isCopied: false }));
  const replaced = isAnew ? segments : segments.slice(-1);
  const copied = damage === undefined ? [] : replaced.map(({ path }) => ({ path, isCopied: true }));
  const files = [...unusable, ...copied];
  return files.length === 0 ? undefined : setAside(fileSystem, directory, files);
}

/** The log begins anew behind a snapshot; what it held before is of no use. */
async function beginBehind(
  base: Position,
  { segments, tail }: LogFiles,
  { fileSystem, directory, snapshot }: RecoverOptions,
  opened: Set<LogFile>,
): Promise<void> {
  // From now on it stands for itself, like one that came from another server.
  if (snapshot?.isFetched === false) await adoptAsFetched(fileSystem, directory, base);
  for (const { file, path } of segments.splice(0).reverse()) {
    opened.delete(file);
    await file.close();
    await fileSystem.inBackground.remove(path);
    await fileSystem.inBackground.syncDirectory(directory);
  }
  tail.reset(base.index);
}
