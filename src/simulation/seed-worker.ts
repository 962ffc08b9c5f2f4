import { parentPort } from 'node:worker_threads';
import { runSeed } from './run-seed.ts';
import type { SeedMessage } from './run-seeds.ts';

/* Runs the seeds that it is given, one after the other. */

parentPort?.on('message', async (seed: number) => {
  const outcome = await runSeed(seed);
  const message: SeedMessage =
    outcome.type === 'failed'
      ? { seed, outcome }
      : { seed, report: { ...outcome.report, marks: outcome.report.marks.sorted() } };
  parentPort?.postMessage(message);
});
