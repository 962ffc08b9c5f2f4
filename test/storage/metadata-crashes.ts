import type { NodeId, Term } from '../../src/consensus/types.ts';
import { Random } from '../../src/simulation/random.ts';
import { DurableJsonAdapter, Metadata } from '../../src/storage/metadata.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

const votes: readonly [number, string][] = [
  [1, 'n1'],
  [2, 'n2'],
  [3, 'n0'],
];
const initial = {
  formatVersion: 1,
  clusterId: 'test',
  nodeId: 'n0',
  directoryId: 'directory-1',
  incarnation: 1,
  term: 0,
};

const open = (disk: SimulatedDisk): Metadata =>
  new Metadata(new DurableJsonAdapter('/data/metadata.json', disk), initial);

/** Votes, with a power loss at every operation: a vote that was given must be there afterwards. */
export function checkMetadataCrashes(survivals: number): string[] {
  const whole = new SimulatedDisk();
  vote(whole);
  const violations: string[] = [];
  for (let point = 1; point <= whole.operationCount; point += 1) {
    const disk = new SimulatedDisk();
    disk.failsAfter = point;
    const given = vote(disk);
    for (let survival = 0; survival < survivals; survival += 1) {
      const text = judge(disk.afterPowerLoss(new Random(point, survival)), given);
      if (text !== undefined) violations.push(`at ${point}, ${survival}: ${text}`);
    }
  }
  return violations;
}

/** Gives the votes until the power fails, and returns the last term whose vote was given. */
function vote(disk: SimulatedDisk): number {
  let given = 0;
  try {
    const metadata = open(disk);
    for (const [term, candidate] of votes) {
      metadata.persistVote(term as Term, candidate as NodeId);
      given = term;
    }
  } catch (error) {
    if (!(error instanceof PowerLoss)) throw error;
  }
  return given;
}

function judge(disk: SimulatedDisk, given: number): string | undefined {
  try {
    const { term, vote: found } = open(disk);
    const isThere = term >= given && term <= given + 1 && found === votes[term - 1]?.[1];
    return isThere ? undefined : `term ${term} with vote ${found} after the vote of ${given}`;
  } catch (error) {
    return (error as Error).message;
  }
}
