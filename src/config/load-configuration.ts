import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StartupError } from '../errors/startup-error.ts';
import { type ClusterConfiguration, parseConfiguration } from './cluster-configuration.ts';

export type LoadedConfiguration = ClusterConfiguration & {
  /** The file it came from. */
  readonly path: string;
  /** Absolute. */
  readonly dataRoot: string;
  /** What is odd about the file, though it can be used. */
  readonly warnings: readonly string[];
};

const sizeMaxBytes = 1024 * 1024;

/** Reads and checks the configuration file. Throws a StartupError with one sentence. */
export function loadConfiguration(path: string): LoadedConfiguration {
  const parsed = parseConfiguration(readJson(path));
  if (parsed.type === 'invalid') {
    const where = parsed.field === '' ? 'the document' : `the field ${parsed.field}`;
    throw new StartupError(`${path}: ${where}: ${parsed.problem}; correct it`);
  }
  const { configuration } = parsed;
  return {
    ...configuration,
    path,
    dataRoot: resolve(dirname(path), configuration.dataDirectory),
    warnings: warningsOf(configuration),
  };
}

function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message;
    throw new StartupError(`${path} is not JSON (${reason}); correct it`);
  }
}

function readText(path: string): string {
  const refuse = (reason: string): StartupError =>
    new StartupError(`the configuration ${path}: ${reason}; name one with --config FILE`);
  try {
    // A pipe or a device may never end.
    const stat = statSync(path);
    if (!stat.isFile()) throw refuse('it is no file');
    if (stat.size > sizeMaxBytes) throw refuse(`it has more than ${sizeMaxBytes} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`);
  }
}

function warningsOf({ num_nodes, nodes }: ClusterConfiguration): string[] {
  const count = Object.keys(nodes).length;
  if (num_nodes === undefined || num_nodes === count) return [];
  return [`num_nodes says ${num_nodes}, but nodes lists ${count} servers; the list counts`];
}

/**
 * Tells apart member lists: servers with different ones must not found a cluster together. Names
 * only: the way to a server may look different from each place.
 */
export const membersHashOf = ({ nodes }: ClusterConfiguration): string =>
  createHash('sha256')
    .update(Object.keys(nodes).toSorted(byCodeUnits).join('\n'))
    .digest('hex')
    .slice(0, 16);

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : 1);
