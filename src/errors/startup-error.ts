/**
 * Something outside the program keeps it from running: a file, a port, a disk. The message is one
 * sentence for the operator (what, where, what to do); the program prints it and exits with 1, or
 * with 0 where there is just nothing to do.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}
