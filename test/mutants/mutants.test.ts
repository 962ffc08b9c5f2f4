import test from 'ava';
import { mutants } from './mutants.ts';
import { runMutants } from './run-mutants.ts';

test('every planted bug is found', async t => {
  t.timeout(2_400_000);
  const results = await runMutants(({ name, tookMs, found }) => {
    t.log(`${(tookMs / 1000).toFixed(1)} s  ${name}: ${found?.checker ?? 'NOT FOUND'}`);
  }, mutants);
  t.true(results.length >= 150);
  t.deepEqual(
    results.filter(({ found }) => found === undefined).map(({ name }) => name),
    [],
  );
});
