/**
 * Something outside the program keeps it from running: a file, a port, a disk. The message is one
 * sentence for the operator (what, where, what to do); the program prints it and exits with 1.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
