import type { Trial } from './damage-run.ts';
import { forkDamage } from './fork-damage.ts';
import { mutations } from './mutations.ts';

/*
 * `npm run damage`: every file of a server damaged in every way, one after the other, in a cluster
 * of three that runs. `npm run damage -- 20 17`: twenty of them, chosen by the seed 17.
 */

const count = Number(process.argv[2] ?? mutations.length);
const seed = Number(process.argv[3] ?? 1);
const startedAt = performance.now();
const counts = new Map<string, number>();

const print = ({ what, outcome, tookMs, text }: Trial): void => {
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  process.stdout.write(`${outcome.padEnd(8)} ${tookMs.toFixed(0).padStart(6)} ms  ${what}`);
  process.stdout.write(text === '' ? '\n' : `  (${text})\n`);
};

const problems = await forkDamage({ seed, count }, print);
const summary = [...counts].map(([outcome, found]) => `${found} ${outcome}`).join(', ');
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
process.stdout.write(`${summary}, in ${seconds} s\n`);
for (const problem of problems) process.stdout.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
