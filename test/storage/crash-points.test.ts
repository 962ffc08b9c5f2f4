import test from 'ava';
import type { NodeId, Term } from '../../src/consensus/types.ts';
import { Random } from '../../src/simulation/random.ts';
import { DurableJsonAdapter, Metadata } from '../../src/storage/metadata.ts';
import { tryAllCrashPoints } from './crash-points.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

test('power loss or kill at every write, sync and rename leaves a log that may be there', async t => {
  const { points, violations } = await tryAllCrashPoints(40);
  t.log(`${points} crash points, each with 40 survivals and a kill`);
  t.true(points > 40);
  t.deepEqual(violations, []);
});

const initial = {
  formatVersion: 1,
  clusterId: 'test',
  nodeId: 'n0',
  directoryId: 'directory-1',
  incarnation: 1,
  term: 0,
};
const openMetadata = (disk: SimulatedDisk): Metadata =>
  new Metadata(new DurableJsonAdapter('/data/metadata.json', disk), initial);

test('a vote is there after any power loss once it was given, and the document is never torn', t => {
  const votes: readonly [number, string][] = [
    [1, 'n1'],
    [2, 'n2'],
    [3, 'n0'],
  ];
  const whole = new SimulatedDisk();
  const metadata = openMetadata(whole);
  for (const [term, vote] of votes) metadata.persistVote(term as Term, vote as NodeId);
  for (let point = 1; point <= whole.operationCount; point += 1) {
    const disk = new SimulatedDisk();
    disk.failsAfter = point;
    let given = 0;
    t.throws(
      () => {
        const store = openMetadata(disk);
        for (const [term, vote] of votes) {
          store.persistVote(term as Term, vote as NodeId);
          given = term;
        }
      },
      { instanceOf: PowerLoss },
    );
    for (let survival = 0; survival < 20; survival += 1) {
      const found = openMetadata(disk.afterPowerLoss(new Random(point, survival)));
      t.true(found.term >= given && found.term <= given + 1, `at ${point}: term ${found.term}`);
      t.is(found.vote, votes[found.term - 1]?.[1] as NodeId | undefined);
    }
  }
});
