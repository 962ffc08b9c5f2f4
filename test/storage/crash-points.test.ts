import test from 'ava';
import { tryAllCrashPoints } from './crash-points.ts';
import { checkMetadataCrashes } from './metadata-crashes.ts';

test('power loss or kill at every write, sync and rename leaves a log that may be there', async t => {
  const { points, violations } = await tryAllCrashPoints(40);
  t.log(`${points} crash points, each with 40 survivals and a kill`);
  t.true(points > 40);
  t.deepEqual(violations, []);
});

test('a vote is there after any power loss once it was given, and the document is never torn', t => {
  t.deepEqual(checkMetadataCrashes(40), []);
});
