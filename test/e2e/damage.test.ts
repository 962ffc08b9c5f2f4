import test from 'ava';
import { forkDamage } from '../damage/fork-damage.ts';

/** Others every day; `npm run damage` tries all of them. */
const trialsMax = 60;
const dayMs = 24 * 60 * 60 * 1000;

test('whatever happens to the files of one server of three, it heals or says what to do, and nothing is lost', async t => {
  t.timeout(300_000);
  const seed = Math.floor(Date.now() / dayMs);
  let count = 0;
  const problems = await forkDamage({ seed, count: trialsMax }, () => {
    count += 1;
  });
  t.deepEqual(problems, [], `npm run damage -- ${trialsMax} ${seed}`);
  t.true(count >= trialsMax);
});
