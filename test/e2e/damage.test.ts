import test from 'ava';
import { forkDamage } from '../damage/fork-damage.ts';

/** The same ones each time; `npm run damage` tries all of them. */
const trialsMax = 60;
const seed = 1;

test('whatever happens to the files of one server of three, it heals or says what to do, and nothing is lost', async t => {
  t.timeout(300_000);
  let count = 0;
  const problems = await forkDamage({ seed, count: trialsMax }, () => {
    count += 1;
  });
  t.deepEqual(problems, [], `npm run damage -- ${trialsMax} ${seed}`);
  t.true(count >= trialsMax);
});
