import test from 'ava';
import { tryAllCrashPoints } from './crash-points.ts';
import { checkMetadataCrashes, checkMetadataFlips } from './metadata-crashes.ts';

test('power loss or kill at every write, sync and rename leaves a log that may be there', async t => {
  const { points, violations } = await tryAllCrashPoints(8);
  t.log(`${points} crash points, each with 8 survivals and a kill`);
  t.true(points > 100);
  t.deepEqual(violations, []);
});

test('whatever is written into the metadata is there after any power loss, and all else as before', t => {
  t.deepEqual(checkMetadataCrashes(40), []);
});

test('metadata in which any byte was changed is refused, with what to do', t => {
  t.deepEqual(checkMetadataFlips(), []);
});
