import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { type BackupStream, openBackup } from '../client/backup-stream.ts';
import { serversOf } from '../client/client-of.ts';
import { ServerCalls } from '../client/server-calls.ts';
import { ServerDirectory } from '../client/server-directory.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import { StartupError } from '../errors/startup-error.ts';
import { type BackupPart, writeBackup } from '../storage/backup-file.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { readPosition } from '../transport/wire-gossip.ts';
import { commandTimeoutMs } from './with-client.ts';

const mebibyte = 1024 * 1024;

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
  try {
    const stream = await openBackup(new ServerCalls(directory), commandTimeoutMs);
    const { keys, firstSeq, lastSeq } = stream.header;
    bar.start(keys + lastSeq - firstSeq + 1, 0);
    const position = readPosition(stream.header.position, 'position');
    const madeAt = new Date().toISOString();
    const header = { clusterId: clusterName, position, keys, firstSeq, lastSeq, madeAt };
    const parts = partsOf(stream, count => bar.increment(count));
    const sizeBytes = await writeBackup(nodeFileSystem, path, header, parts);
    bar.stop();
    const size = `${(sizeBytes / mebibyte).toFixed(1)} MiB`;
    const text = `${keys} keys and ${Math.max(0, lastSeq - firstSeq + 1)} entries`;
    process.stdout.write(`${path}: ${text}, as of log entry ${position.index}, ${size}\n`);
  } catch (error) {
    bar.stop();
    rmSync(`${path}.part`, { force: true });
    throw asStartupError(error, path);
  } finally {
    directory.close();
  }
}

async function* partsOf(
  { parts }: BackupStream,
  onProgress: (count: number) => void,
): AsyncGenerator<BackupPart> {
  for await (const { record, batch } of parts) {
    if (record) {
      onProgress(keysIn(record));
      yield { type: 'record', json: record };
    } else if (batch) {
      onProgress(batch.count);
      yield { type: 'batch', batch };
    }
  }
}

function keysIn(record: Buffer): number {
  const { t, items } = JSON.parse(record.toString()) as { t: string; items?: unknown[] };
  return t === 'keys' ? (items?.length ?? 0) : 0;
}

function asStartupError(error: unknown, path: string): unknown {
  if (error instanceof ClusterError) return new StartupError(error.message);
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return error;
  return new StartupError(`${path} cannot be written (${code}); choose another place`);
}
