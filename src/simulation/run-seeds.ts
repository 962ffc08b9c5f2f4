import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Marks } from './marks.ts';
import type { SeedOutcome } from './run-seed.ts';
import type { WorldReport } from './world.ts';

/** What a thread says of a seed: only plain objects travel between threads. */
export type SeedMessage =
  | { readonly seed: number; readonly outcome: SeedOutcome }
  | {
      readonly seed: number;
      readonly report: Omit<WorldReport, 'marks'> & {
        readonly marks: readonly (readonly [name: string, count: number])[];
      };
    };

type Range = { readonly from: number; readonly count: number };

/**
 * Runs seeds on all cores. Each is told when it is done, in no order; nothing new is begun once
 * that returns false. Throws what a seed throws: a bug of the simulator.
 */
export async function runSeeds(
  { from, count }: Range,
  onOutcome: (seed: number, outcome: SeedOutcome) => boolean,
): Promise<void> {
  let next = from;
  let isOver = false;
  const threads = Math.min(count, availableParallelism());
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./seed-worker.js', import.meta.url));
      const give = (): void => {
        if (isOver || next >= from + count) {
          worker.terminate().then(() => resolve(), reject);
          return;
        }
        worker.postMessage(next);
        next += 1;
      };
      worker.on('message', (message: SeedMessage) => {
        if (!onOutcome(message.seed, outcomeOf(message))) isOver = true;
        give();
      });
      worker.on('error', error => {
        isOver = true;
        reject(error);
      });
      give();
    });
  await Promise.all(Array.from({ length: threads }, runThread));
}

function outcomeOf(message: SeedMessage): SeedOutcome {
  if ('outcome' in message) return message.outcome;
  const marks = new Marks();
  for (const [name, count] of message.report.marks) marks.note(name, count);
  return { type: 'passed', report: { ...message.report, marks } };
}
