import { writeSync } from 'node:fs';
import { ClusterError } from '../errors/cluster-error.ts';
import { StartupError } from '../errors/startup-error.ts';

/**
 * Ends the program with one sentence. What neither we nor the system has worded is a bug of ours,
 * and then the stack trace is what helps.
 */
export function fail(error: unknown): never {
  const text = isWorded(error) ? error.message : describeBug(error);
  try {
    writeSync(process.stderr.fd, `gossip-raft: ${text}\n`);
  } catch {
    // Nobody reads it.
  }
  process.exit(1);
}

/** System calls that fail say which one, and on what. */
const isWorded = (error: unknown): error is Error =>
  error instanceof StartupError ||
  error instanceof ClusterError ||
  (error instanceof Error && 'syscall' in error && 'code' in error);

const describeBug = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
