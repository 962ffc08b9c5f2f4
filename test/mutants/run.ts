import { mutants } from './mutants.ts';
import { runMutants } from './run-mutants.ts';
import { keepWitnesses } from './witnesses.ts';

/* `npm run mutants [-- TEXT]`: plants the bugs with that text, prints who has found them, and keeps the seeds. */

const results = await runMutants(
  result => {
    const time = `${(result.tookMs / 1000).toFixed(1)} s`.padStart(7);
    const found = result.found;
    const text = found === undefined ? 'NOT FOUND' : `${found.checker}: ${found.what}`;
    process.stdout.write(`${time}  ${result.name}\n         ${text}\n`);
  },
  mutants.filter(({ name }) => name.includes(process.argv[2] ?? '')),
);
const seeds = results.flatMap(({ name, found }) =>
  found?.seed === undefined ? [] : [[name, found.seed] as const],
);
keepWitnesses(
  Object.fromEntries(seeds),
  mutants.map(({ name }) => name),
);
const missed = results.filter(({ found }) => found === undefined);
process.stdout.write(`${results.length - missed.length} of ${results.length} found\n`);
if (missed.length > 0) process.exitCode = 1;
