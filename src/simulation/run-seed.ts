import { InvariantViolation } from '../assert.ts';
import { SimulationFailure } from './failure.ts';
import { type Fault, planFor } from './fault-plan.ts';
import { optionsFor, type SimulationOptions } from './options.ts';
import { World, type WorldReport } from './world.ts';

export type SeedOutcome =
  | { readonly type: 'passed'; readonly report: WorldReport }
  | { readonly type: 'failed'; readonly violation: string };

/** Runs one seed, or a part of its plan. Anything but a failed check is a bug and is thrown. */
export async function runSeed(
  seed: number,
  plan?: readonly Fault[],
  trace?: (text: string) => void,
): Promise<SeedOutcome> {
  const options = optionsFor(seed);
  const world = new World(options, trace);
  try {
    const report = await world.run(plan ?? planFor(options));
    return { type: 'passed', report };
  } catch (error) {
    const isFound = error instanceof SimulationFailure || error instanceof InvariantViolation;
    if (!isFound) throw error;
    for (const line of world.describe()) trace?.(line);
    return { type: 'failed', violation: error.message };
  }
}

export type FailedSeed = {
  readonly options: SimulationOptions;
  readonly violation: string;
  readonly planned: number;
  /** The faults without any of which the seed no longer fails. */
  readonly plan: readonly Fault[];
};

/** Leaves out of a failing plan whatever is not needed for the failure, within `runsMax` runs. */
export async function shrink(seed: number, violation: string, runsMax = 200): Promise<FailedSeed> {
  const options = optionsFor(seed);
  const whole = planFor(options);
  let plan: readonly Fault[] = whole;
  let found = violation;
  let runs = 0;
  for (let size = Math.ceil(plan.length / 2); size >= 1; size = Math.floor(size / 2)) {
    let start = 0;
    while (start < plan.length && runs < runsMax) {
      const candidate = plan.filter((_, place) => place < start || place >= start + size);
      const outcome = await runSeed(seed, candidate);
      runs += 1;
      if (outcome.type === 'failed') {
        plan = candidate;
        found = outcome.violation;
      } else start += size;
    }
  }
  return { options, violation: found, planned: whole.length, plan };
}
