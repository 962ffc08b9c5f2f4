import { inFile, type Mutant, mutant } from './mutant.ts';

const adoption = 'consensus/adoption.ts';
const plausible = 'consensus/plausible.ts';

/** Servers that believe whom they should not. */
export const identityMutants: readonly Mutant[] = [
  mutant(
    'a message of another cluster is read',
    inFile(
      'consensus/cluster-identity.ts',
      '    ? one.clusterId === two.clusterId\n    : one.clusterName === two.clusterName;',
      '    ? one.clusterName === two.clusterName\n    : one.clusterName === two.clusterName;',
    ),
  ),
  mutant(
    'a configuration is believed whoever sends it',
    inFile(
      adoption,
      "  if (!isMember(config, sender) && !isMember(own, sender)) return 'stranger';\n",
      '',
    ),
  ),
  mutant(
    'a configuration is adopted that has no voter in common with ours',
    inFile(
      adoption,
      "isMember(config, identity) || sharesVoter(own, config) ? undefined : 'unrelated'",
      "isMember(config, identity) || sharesVoter(own, own) ? undefined : 'unrelated'",
    ),
  ),
  mutant(
    'voters are told apart by their names alone, not by their directories',
    inFile(adoption, 'other.id === id && other.directoryId === directoryId', 'other.id === id'),
    inFile(
      adoption,
      "  if (!isMember(config, sender) && !isMember(own, sender)) return 'stranger';\n",
      '',
    ),
  ),
  mutant(
    'who slept while all others were replaced is not reached any more',
    inFile(adoption, 'isMember(config, identity) || sharesVoter', 'sharesVoter'),
  ),
  mutant(
    'a term is believed however far it leaps',
    inFile(plausible, 'Math.min(countMax, term + leapMax)', 'Math.max(term, 2 ** 53)'),
  ),
  mutant(
    'an answer to a question that is still to come is believed',
    inFile(plausible, 'beyond(now, { probeMs: body.probeMs })', 'beyond(countMax, { now })'),
  ),
];
