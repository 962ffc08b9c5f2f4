import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import {
  batchesFrom,
  firstKeptSeq,
  type JournalSources,
  journalOf,
  UnreadableObjects,
} from '../host/journal-reader.ts';
import { findOldPlaces } from '../host/upgrading.ts';
import { applyEntry, UnreadableEntry, upgrade } from '../machines/frame/replicated-state.ts';
import { type LoadedState, loadState } from '../server/load-state.ts';
import { processTimers } from '../server/real-world.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';
import { type LogFile, nodeFileSystem } from '../storage/file-system.ts';
import { JournalArchive } from '../storage/journal-archive.ts';
import { logBase } from '../storage/log-base.ts';
import type { LogTail } from '../storage/log-tail.ts';
import { DurableJsonAdapter } from '../storage/metadata.ts';
import type { MetadataDocument } from '../storage/metadata-document.ts';
import { type LogFiles, readLogFiles } from '../storage/read-log-files.ts';
import { readOnly } from '../storage/read-only.ts';
import { directoryIdIn, firstIndexOf } from '../storage/segment.ts';
import type { LogIndex, Position, Term } from '../words.ts';

/** What a data directory holds, read without changing anything, as far as it can be read. */
export type Survey = {
  /** Undefined when it is lost or damaged. */
  readonly metadata: MetadataDocument | undefined;
  readonly snapshot: Position;
  /** The entries of the log that can be used; undefined when there are none. */
  readonly log: { readonly firstIndex: number; readonly lastIndex: number } | undefined;
  /** All entries up to here are in the state. */
  readonly position: Position;
  readonly sources: JournalSources;
  readonly archive: JournalArchive;
  /** What is missing or damaged, one sentence each. */
  readonly problems: readonly string[];
};

/** Posted objects, or where and why some cannot be read. */
export type ReadableObjects =
  | { readonly type: 'batch'; readonly batch: ArchivedBatch }
  | { readonly type: 'gap'; readonly from: number; readonly to: number; readonly why: string };

const fileSystem = readOnly(nodeFileSystem);

/** Throws a StartupError when that is no folder in which a server has left anything. */
export function demandDataDirectory(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new StartupError(`there is no directory ${path}`);
  if (!stat.isDirectory()) {
    throw new StartupError(`${path} is no directory; name the data directory of a server`);
  }
  const isOurs = (name: string): boolean => /^metadata\.json$|\.(wal|snap|jrn)$/.test(name);
  if (fileSystem.list(path).some(isOurs)) return;
  throw new StartupError(
    `${path} holds nothing of a server; name the data directory of one, like data/n0`,
  );
}

/** Reads a directory in which no server runs; the log is read into memory. */
export async function surveyDirectory(directory: string): Promise<Survey> {
  const problems: string[] = [];
  const metadata = readMetadata(directory, problems);
  const loaded = await loadState(directory, text => problems.push(text));
  const { state } = loaded;
  const tail = await readLog(directory, metadata, loaded, problems);
  const entries = tail?.entries() ?? [];
  const store = { archiveFloor: metadata?.archiveFloor, update: () => undefined };
  const archive = await JournalArchive.open(fileSystem, directory, store);
  if (metadata === undefined && (archive.firstSeq ?? 1) > 1) {
    const before = `the objects before ${archive.firstSeq} are in no file`;
    problems.push(`${before}; whether a retention rule has dropped them, metadata.json would tell`);
  }
  const log = {
    firstIndex: (tail?.firstIndex ?? state.appliedIndex + 1) as LogIndex,
    read: (range: Parameters<LogTail['read']>[0]) => Promise.resolve(tail?.read(range) ?? []),
  };
  const sources = { state, log, archive, timers: processTimers };
  await findOldPlaces(sources);
  const last = applyAll(loaded, entries, problems);
  // Whoever reads it from here on is of this version.
  upgrade(state);
  return {
    metadata,
    snapshot: loaded.position,
    log: last && { firstIndex: log.firstIndex, lastIndex: last.index },
    position: last ?? loaded.position,
    sources,
    archive,
    problems,
  };
}

function readMetadata(directory: string, problems: string[]): MetadataDocument | undefined {
  try {
    const document = new DurableJsonAdapter(join(directory, 'metadata.json'), fileSystem).read();
    if (document !== null) return document;
    problems.push('metadata.json is not there: whose directory it is, is not known');
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    problems.push(error.message);
  }
  return undefined;
}

/** The part of the log that can be used; undefined when the snapshot takes its place. */
async function readLog(
  directory: string,
  metadata: MetadataDocument | undefined,
  snapshot: LoadedState,
  problems: string[],
): Promise<LogTail | undefined> {
  const directoryId = metadata?.directoryId ?? (await idOfLog(directory));
  const options = {
    directory,
    directoryId,
    fileSystem,
    tailMaxBytes: Number.POSITIVE_INFINITY,
    snapshot,
  };
  const files = await readAndClose(options, metadata);
  const { tail, runs, segments, damage } = files;
  if (damage !== undefined) {
    problems.push(`${damage.path}: ${damage.why}; what lies behind it in the log is not used`);
  }
  if (metadata?.isRecovering === true) {
    problems.push('the server had lost a part of its log before, and did not hold it again yet');
  }
  if (metadata?.isOutdated === true) {
    problems.push('the directory was put back from an older copy: what came after it is not there');
  }
  const firstIndex = segments[0]?.firstIndex as LogIndex | undefined;
  const lastIndex = tail.lastIndex as LogIndex;
  return logBase({ runs, firstIndex, lastIndex }, snapshot).isAnew ? undefined : tail;
}

async function readAndClose(
  options: Parameters<typeof readLogFiles>[0],
  metadata: MetadataDocument | undefined,
): Promise<LogFiles> {
  const opened = new Set<LogFile>();
  try {
    return await readLogFiles(options, metadata?.logFloor, opened);
  } finally {
    for (const file of opened) await file.close();
  }
}

/** As its files say, when metadata.json does not. */
async function idOfLog(directory: string): Promise<string> {
  const name = fileSystem.list(directory).find(one => firstIndexOf(one) !== undefined);
  if (name === undefined) return '';
  const file = await fileSystem.openToRead(join(directory, name));
  return directoryIdIn(file).finally(() => file.close());
}

/** Applies all entries behind the snapshot; returns the place of the last one. */
function applyAll(
  { state }: LoadedState,
  entries: readonly Entry[],
  problems: string[],
): Position | undefined {
  let last: Position | undefined;
  for (const entry of entries) {
    if (entry.index > state.appliedIndex + 1) {
      const missing = `${state.appliedIndex + 1} to ${entry.index - 1}`;
      problems.push(`the entries ${missing} are in no file; what follows them is not used`);
      return last;
    }
    try {
      if (entry.index > state.appliedIndex) applyEntry(state, entry);
    } catch (error) {
      if (!(error instanceof UnreadableEntry)) throw error;
      problems.push(`${error.message}; what follows it is not used`);
      return last;
    }
    last = { term: entry.term, index: entry.index };
  }
  return last;
}

/** Number of the last object that is anywhere in the directory. */
export const lastSeqOf = ({ sources, archive }: Survey): number =>
  Math.max(journalOf(sources.state).lastSeq, archive.lastSeq);

/** Everything that was posted, in order, with what cannot be read in its place. */
export async function* objectsOf(survey: Survey): AsyncGenerator<ReadableObjects> {
  const { sources, archive } = survey;
  const lastSeq = lastSeqOf(survey);
  const beginnings = [
    ...archive.files.map(({ firstSeq }) => firstSeq),
    ...Array.from(journalOf(sources.state).places.capture(), ({ first }) => first),
    archive.lastSeq + 1,
    lastSeq + 1,
  ].sort((a, b) => a - b);
  let next = firstKeptSeq(sources);
  while (next <= lastSeq) {
    try {
      for await (const batch of batchesFrom(sources, next, lastSeq)) {
        yield { type: 'batch', batch };
        next = batch.firstSeq + batch.count;
      }
    } catch (error) {
      if (!(error instanceof UnreadableObjects)) throw error;
      const resumed = beginnings.find(seq => seq > next) ?? lastSeq + 1;
      yield { type: 'gap', from: next, to: resumed - 1, why: error.message };
      next = resumed;
    }
  }
}

/** The newest term that the directory knows of. */
export const termOf = ({ metadata, position }: Survey): Term =>
  Math.max(metadata?.term ?? 0, position.term) as Term;

/** Who belonged to the cluster, as far as the directory knows. */
export const membersOf = ({ metadata }: Survey): readonly string[] =>
  metadata?.config?.members.map(({ id }) => id) ?? [];
