import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { openBackup } from '../client/backup-stream.ts';
import { serversOf } from '../client/client-of.ts';
import { ServerCalls } from '../client/server-calls.ts';
import { ServerDirectory } from '../client/server-directory.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import { StartupError } from '../errors/startup-error.ts';
import { partPath, writeBackup } from '../storage/backup-file.ts';
import { type BackupPart, BrokenBackup } from '../storage/backup-items.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { mebibyte } from '../words.ts';
import { commandTimeoutMs } from './with-client.ts';

/** `gossip-raft backup FILE`: everything that the cluster holds, as of now, in one file. */
export async function backup(file: string, options: { readonly config: string }): Promise<void> {
  const path = resolve(file);
  if (existsSync(path)) throw new StartupError(`${path} is there already; name another file`);
  const configuration = loadConfiguration(resolve(options.config));
  const { clusterName } = configuration;
  const directory = new ServerDirectory(clusterName, serversOf(configuration));
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} keys and entries, {eta_formatted} left' },
    Presets.shades_classic,
  );
  leaveNothingWhenStopped(path);
  try {
    const stream = await openBackup(new ServerCalls(directory), directory, commandTimeoutMs);
    const { position, keys, firstSeq, lastSeq } = stream.header;
    bar.start(keys + lastSeq - firstSeq + 1, 0);
    const madeAt = new Date().toISOString();
    const header = { clusterName, ...stream.header, madeAt };
    const parts = withProgress(stream.parts, count => bar.increment(count));
    const sizeBytes = await writeBackup(nodeFileSystem, path, header, parts);
    bar.stop();
    const size = `${(sizeBytes / mebibyte).toFixed(1)} MiB`;
    const text = `${keys} keys and ${Math.max(0, lastSeq - firstSeq + 1)} entries`;
    process.stdout.write(`${path}: ${text}, as of log entry ${position.index}, ${size}\n`);
  } catch (error) {
    bar.stop();
    throw asStartupError(error, path);
  } finally {
    directory.close();
  }
}

/** A file of which a part is missing is of no use to anybody. */
function leaveNothingWhenStopped(path: string): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      rmSync(partPath(path), { force: true });
      process.stderr.write('stopped; no backup was made\n');
      process.exit(1);
    });
  }
}

async function* withProgress(
  parts: AsyncIterable<BackupPart>,
  onProgress: (count: number) => void,
): AsyncGenerator<BackupPart> {
  for await (const part of parts) {
    onProgress(part.type === 'record' ? part.keys : part.batch.count);
    yield part;
  }
}

function asStartupError(error: unknown, path: string): unknown {
  if (error instanceof ClusterError) return new StartupError(error.message);
  if (error instanceof BrokenBackup) {
    return new StartupError(`the backup is not whole: ${error.message}; no backup was made`);
  }
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return error;
  return new StartupError(`${path} cannot be written (${code}); choose another place`);
}
