import { writeSync } from 'node:fs';
import { StartupError } from '../errors/startup-error.ts';

/**
 * Ends the program with one sentence. Anything but a StartupError is a bug of ours, and then the
 * stack trace is what helps.
 */
export function fail(error: unknown): never {
  const text = error instanceof StartupError ? error.message : describeBug(error);
  writeSync(process.stderr.fd, `gossip-raft: ${text}\n`);
  process.exit(1);
}

const describeBug = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
