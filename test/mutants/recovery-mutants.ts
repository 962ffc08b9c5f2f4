import { inFile, type Mutant } from './mutant.ts';

const recovery = 'consensus/recovery.ts';

const damageMutant = (name: string, ...edits: Mutant['edits'][number][]): Mutant => ({
  name,
  edits,
  focus: 'damage',
});

/** Servers that have lost a part of their logs, and do as if they had not. */
export const recoveryMutants: readonly Mutant[] = [
  damageMutant(
    'a server that has lost a part of its log votes',
    inFile('consensus/replica.ts', '!replica.isRecovering && isVoter(replica)', 'isVoter(replica)'),
    inFile(
      recovery,
      "assert(replica.role !== 'leader', 'nobody leads with",
      "assert(true, 'nobody leads with",
    ),
  ),
  damageMutant(
    'a log that lost a part is whole again as soon as a leader has answered',
    inFile(
      recovery,
      'if (!isHeld || replica.durableIndex < target.index) return;',
      'if (!isHeld && !target) return;',
    ),
  ),
  damageMutant(
    'a server that has lost a part of its log forgets that at its next start',
    inFile(
      'consensus/create-replica.ts',
      'isRecovering: isRecovering || !isWhole',
      'isRecovering: !isWhole',
    ),
  ),
  damageMutant(
    'a commit position of an older term says what was confirmed',
    inFile(recovery, 'staleMs !== undefined && upTo.term === replica.term', 'upTo.index >= 0'),
  ),
  damageMutant(
    'what a server holds is confirmed by anybody',
    inFile(recovery, "fact?.role === 'leader' && fact.term === replica.term", 'fact !== undefined'),
  ),
];
