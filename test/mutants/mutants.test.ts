import test from 'ava';
import { demandedMutants } from './mutants.ts';
import { runMutants } from './run-mutants.ts';

test('every planted bug is found, but for those that are still sought', async t => {
  t.timeout(2_400_000);
  const results = await runMutants(({ name, tookMs, found }) => {
    t.log(`${(tookMs / 1000).toFixed(1)} s  ${name}: ${found?.checker ?? 'NOT FOUND'}`);
  }, demandedMutants);
  t.true(results.length >= 140);
  t.deepEqual(
    results.filter(({ found }) => found === undefined).map(({ name }) => name),
    [],
  );
});
