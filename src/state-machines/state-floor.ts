import type { StateRecord } from './state-capture.ts';

/*
 * A cluster that was restored from a backup must give out nothing that the old one has given out,
 * or is giving out still: the old one may have gone on for years since the backup. Revisions,
 * fencing tokens and session ids are indexes of the log; so the log of the restored cluster begins
 * at a floor that the old one's cannot reach, and all three are beyond it for good.
 *
 * The floor is a round number, so that people see at once that an index is of a restored cluster
 * (1000000000007), and of the how-manieth. At 10,000 entries a second the old cluster would need
 * three years for one step; and there is room for thousands of restores below 2^52.
 */
const floorStep = 1e12;

/** The index at which the log of a restored cluster begins: one to two steps beyond the backup. */
export const floorBeyond = (index: number): number =>
  (Math.floor(index / floorStep) + (index % floorStep === 0 ? 1 : 2)) * floorStep;

/**
 * The records of a state as it is to begin anew at a floor. Sessions of before are forgotten, and
 * so is the past of the keys: whoever reads or watches from a revision below the floor, which may
 * be one that the old cluster has made since, is told so.
 */
export function* raisedTo(
  floor: number,
  records: Iterable<StateRecord>,
): Generator<StateRecord, void, undefined> {
  for (const record of records) {
    switch (record.t) {
      case 'head':
        yield {
          ...record,
          appliedIndex: floor,
          oldestRevision: floor,
          oldestMs: record.clock.nowMs,
        };
        break;
      case 'session':
      case 'answers':
      case 'version':
        break;
      default:
        yield record;
    }
  }
}
