import { runMutants } from './run-mutants.ts';

/* `npm run mutants`: plants every bug, and prints who has found it. */

const results = await runMutants(result => {
  const time = `${(result.tookMs / 1000).toFixed(1)} s`.padStart(7);
  const found = result.found;
  const text = found === undefined ? 'NOT FOUND' : `${found.checker}: ${found.what}`;
  process.stdout.write(`${time}  ${result.name}\n         ${text}\n`);
});
const missed = results.filter(({ found }) => found === undefined);
process.stdout.write(`${results.length - missed.length} of ${results.length} found\n`);
if (missed.length > 0) process.exitCode = 1;
