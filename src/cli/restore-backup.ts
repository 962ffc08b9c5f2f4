import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { MalformedBytes } from '../codec/byte-reader.ts';
import { type LoadedConfiguration, loadConfiguration } from '../config/load-configuration.ts';
import { StartupError } from '../errors/startup-error.ts';
import { StateBuilder } from '../machines/frame/state-records.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';
import { type BackupHeader, backupHeader, readBackup } from '../storage/backup-file.ts';
import { BackupCount } from '../storage/backup-items.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { DamagedFile } from '../storage/frames.ts';
import { type DirectoryContent, makeDirectory } from './make-directory.ts';

type Options = {
  readonly config: string;
  readonly dataDir?: string;
  /** Only these; all of the configuration when none is named. */
  readonly server?: readonly string[];
};

/**
 * `gossip-raft restore FILE`: makes the data directories of a new cluster that holds what the file
 * holds. Nothing may run in them, and nothing may be in them; so nothing is overwritten or mixed.
 */
export async function restoreBackup(file: string, options: Options): Promise<void> {
  const path = resolve(file);
  if (!existsSync(path)) throw new StartupError(`there is no file ${path}`);
  const configuration = loadConfiguration(resolve(options.config));
  const root = options.dataDir === undefined ? configuration.dataRoot : resolve(options.dataDir);
  const names = namesIn(configuration, options.server ?? []);
  const directories = names.map(name => join(root, name));
  directories.forEach(requireEmpty);
  const bar = new SingleBar(
    { format: '{bar} {percentage}% of {name}, {eta_formatted} left' },
    Presets.shades_classic,
  );
  // First all of it is checked: a damaged file makes no directory.
  const total = statSync(path).size;
  bar.start(total * (1 + names.length), 0, { name: file });
  try {
    const { header, content } = await readAll(path);
    demandContent(header, content, path);
    bar.increment(total);
    for (const [place, directory] of directories.entries()) {
      const owner = { clusterName: configuration.clusterName, nodeId: names[place] ?? '' };
      await makeDirectory(directory, owner, content);
      bar.increment(total);
    }
    bar.stop();
    const entries = Math.max(0, header.lastSeq - header.firstSeq + 1);
    const text = `${header.keys} keys and ${entries} entries, made at ${header.madeAt}`;
    process.stdout.write(`restored ${names.join(', ')} in ${root}: ${text}\n`);
  } finally {
    bar.stop();
  }
}

function namesIn({ nodes, path }: LoadedConfiguration, wanted: readonly string[]): string[] {
  const known = Object.keys(nodes);
  const unknown = wanted.find(name => !known.includes(name));
  if (unknown !== undefined) {
    throw new StartupError(`there is no server "${unknown}" in ${path}; it lists ${known.join()}`);
  }
  return wanted.length === 0 ? known : [...wanted];
}

function requireEmpty(directory: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  throw new StartupError(
    `${directory} holds something already (a server may run in it); restore into a new place ` +
      'with --data-dir, or remove it first',
  );
}

type Whole = { readonly header: BackupHeader; readonly content: DirectoryContent };

/** Reads all of the file, and keeps the state. */
async function readAll(path: string): Promise<Whole> {
  try {
    const header = await backupHeader(nodeFileSystem, path);
    const builder = new StateBuilder();
    const count = new BackupCount();
    for await (const part of readBackup(nodeFileSystem, path)) {
      count.add(part);
      if (part.type === 'record') builder.add(part.bytes);
    }
    const { position } = header;
    const checksum = count.totals.checksum.toString(16);
    const origin = `${header.clusterId ?? header.clusterName}-${position.index}-${checksum}`;
    const state = builder.finish();
    return { header, content: { position, state, origin, batches: () => batchesOf(path) } };
  } catch (error) {
    if (error instanceof MalformedBytes) {
      const reason = `${path} holds ${error.message}: it is of a newer version, or damaged`;
      throw new StartupError(`${reason}; nothing was done`);
    }
    if (!(error instanceof DamagedFile)) throw error;
    throw new StartupError(`${error.message}; nothing was done`);
  }
}

/** A file of another version of the program may be whole, and yet mean nothing to this one. */
function demandContent(
  { position, keys, firstSeq, lastSeq }: BackupHeader,
  { state }: DirectoryContent,
  path: string,
): void {
  if (state.appliedIndex !== position.index) {
    throw new StartupError(`${path} does not hold the state that it names; nothing was done`);
  }
  if (keys === 0 && lastSeq < firstSeq) {
    throw new StartupError(
      `${path} holds no key and no entry: there is nothing to restore; ` +
        'start the servers with empty directories instead',
    );
  }
}

async function* batchesOf(path: string): AsyncGenerator<ArchivedBatch> {
  for await (const part of readBackup(nodeFileSystem, path)) {
    if (part.type === 'batch') yield part.batch;
  }
}
