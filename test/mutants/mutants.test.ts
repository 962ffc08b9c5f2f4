import test from 'ava';
import { runMutants } from './run-mutants.ts';

test('every planted bug is found', async t => {
  t.timeout(2_400_000);
  const results = await runMutants(({ name, tookMs, found }) => {
    t.log(`${(tookMs / 1000).toFixed(1)} s  ${name}: ${found?.checker ?? 'NOT FOUND'}`);
  });
  t.true(results.length >= 25);
  t.deepEqual(
    results.filter(({ found }) => found === undefined).map(({ name }) => name),
    [],
  );
});
