import { inFile, type Mutant, mutant } from './mutant.ts';

const stamps = 'consensus/stamps.ts';

/** Time that jumps, stands still, or is counted twice; and state that forgets with it. */
export const clockMutants: readonly Mutant[] = [
  mutant(
    'a leader whose clock is behind repeats the last stamp of its log',
    inFile(stamps, 'stampOf({ leadership }: Replica', 'stampOf({ leadership, log }: Replica'),
    inFile(
      stamps,
      'return stampAt(leadership.stampsFrom, now);',
      'return Math.max(wallMs, log.tail.at(-1)?.wallMs ?? 0) as WallMs;',
    ),
  ),
  mutant(
    'stamps follow the wall clock, which is set while its leader leads',
    inFile(stamps, 'return stampAt(leadership.stampsFrom, now);', 'return wallMs;'),
  ),
  mutant(
    'the clocks of two leaders are compared',
    inFile('state-machines/log-clock.ts', 'term === clock.term ?', 'clock.term > 0 ?'),
  ),
];
