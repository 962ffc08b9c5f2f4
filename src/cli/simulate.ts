import { Presets, SingleBar } from 'cli-progress';
import pc from 'picocolors';
import { runSeed, shrink } from '../simulation/run-seed.ts';
import { runSeeds } from '../simulation/run-seeds.ts';
import { createTotals, type SimulationTotals } from '../simulation/totals.ts';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** `gossip-raft simulate`: many seeds with a summary, or one seed with all that happens in it. */
export function simulate(options: {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
}): Promise<void> {
  return options.seed === undefined
    ? simulateMany(options.from, options.seeds)
    : replay(options.seed);
}

async function simulateMany(from: number, count: number): Promise<void> {
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} seeds, {events} events, {duration_formatted}' },
    Presets.shades_classic,
  );
  const totals = createTotals();
  const startedAt = performance.now();
  bar.start(count, 0, { events: 0 });
  const failed: { readonly seed: number; readonly violation: string }[] = [];
  await runSeeds({ from, count }, (seed, outcome) => {
    if (outcome.type === 'failed') failed.push({ seed, violation: outcome.violation });
    else totals.add(outcome.report);
    bar.update(totals.seeds, { events: totals.events });
    return failed.length === 0;
  });
  bar.stop();
  printSummary(totals, (performance.now() - startedAt) / 1000);
  for (const { seed, violation } of failed) await printFailure(seed, violation);
}

function printSummary(totals: SimulationTotals, seconds: number): void {
  const rate = Math.round(totals.events / seconds).toLocaleString('en');
  print(`\n${totals.seeds} seeds, ${totals.events.toLocaleString('en')} events, ${rate} events/s`);
  print(
    `${totals.committed.toLocaleString('en')} entries committed, ` +
      `${totals.acked.toLocaleString('en')} batches acknowledged, ` +
      `${totals.keyOperations.toLocaleString('en')} reads and writes of keys judged, ` +
      `${Math.round(totals.virtualMs / 60_000).toLocaleString('en')} minutes of cluster time`,
  );
  print(
    `${totals.sent.toLocaleString('en')} messages, ${totals.lost.toLocaleString('en')} lost, ` +
      `${totals.duplicated.toLocaleString('en')} repeated\n`,
  );
  for (const [name, count] of totals.marks.sorted())
    print(`${String(count).padStart(10)}  ${name}`);
}

async function printFailure(seed: number, violation: string): Promise<void> {
  print(pc.red(`\nseed ${seed}: ${violation}`));
  const { options, plan, planned, violation: shrunk } = await shrink(seed, violation);
  print(`options ${JSON.stringify(options)}`);
  print(`${plan.length} of ${planned} faults are enough (${shrunk}):`);
  for (const fault of plan) print(`  ${JSON.stringify(fault)}`);
  print(`again with everything that happens: npm run simulate -- --seed ${seed}`);
  process.exitCode = 1;
}

async function replay(seed: number): Promise<void> {
  const outcome = await runSeed(seed, undefined, print);
  if (outcome.type === 'passed') {
    print(`seed ${seed} passed: ${outcome.report.events} events`);
    return;
  }
  print(pc.red(`seed ${seed}: ${outcome.violation}`));
  process.exitCode = 1;
}
