import { fail } from './fail.ts';

/** Stops cleanly on SIGTERM, SIGINT, and when the parent that started us is gone. */
export function stopOnSignal(stop: () => Promise<void>): void {
  const end = (): void => {
    stop().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // A terminal that is closed; a second signal while we stop is not a reason to die unclean.
  process.once('SIGHUP', end);
  process.once('disconnect', end);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => undefined);
  }
}
