import { inFile, type Mutant, memberMutant } from './mutant.ts';

const election = 'consensus/election.ts';
const reconfigure = 'consensus/reconfigure.ts';
const departure = 'consensus/departure.ts';

/** Majorities that have nobody in common. */
export const memberMutants: readonly Mutant[] = [
  memberMutant(
    'configurations are told apart by their version alone, without a term',
    inFile(election, 'id: { term: replica.term, version: id.version }', 'id'),
    inFile(reconfigure, 'config.id.term !== term || commit.term !== term', 'commit.term !== term'),
    inFile(reconfigure, 'id: { term, version:', 'id: { term: config.id.term, version:'),
    inFile(departure, 'term === id.term && compareConfigIds', 'term > 0 && compareConfigIds'),
    inFile(
      'consensus/invariants.ts',
      "role !== 'leader' || configTerm === replica.term",
      'configTerm <= replica.term',
    ),
  ),
  memberMutant(
    'the next configuration does not wait until a majority has the one before',
    inFile(reconfigure, '  if (!isQuorum(config, knowing)) return false;\n', ''),
  ),
  memberMutant(
    'the members are changed before the leader has committed an entry of its own',
    inFile(
      reconfigure,
      'config.id.term !== term || commit.term !== term',
      'config.id.term !== term',
    ),
    inFile(reconfigure, 'voter => provenIndex(replica, voter)) >= commit.index', '() => 1) > 0'),
    inFile(
      reconfigure,
      'const isOurs = fact.term === replica.term && fact.durable.term === replica.term;',
      'const isOurs = fact.term === replica.term;',
    ),
  ),
  memberMutant(
    'an old fact of a newcomer names its directory',
    inFile(
      reconfigure,
      "fact?.role === 'fresh' && compareConfigIds(fact.configId, config.id) === 0;",
      "fact?.role === 'fresh';",
    ),
  ),
  memberMutant(
    'a server that has left comes back by a configuration of before',
    inFile(
      'consensus/create-replica.ts',
      'awaitedIn: leftConfig?.id ?? noConfig',
      'awaitedIn: noConfig',
    ),
    inFile(
      'consensus/joining.ts',
      'if (compareConfigIds(config.id, replica.newcomer.awaitedIn) <= 0) return false;',
      '',
    ),
  ),
  memberMutant(
    'a server that is started again does not know that it has left',
    inFile(departure, 'what: { isDeparted: true }', 'what: {}'),
  ),
  memberMutant(
    'a server goes as soon as it hears of a configuration without it',
    inFile(
      departure,
      "departure === 'done' || !isDispensable(replica, config)",
      "departure === 'done'",
    ),
  ),
  memberMutant(
    'a server goes although it alone may hold what was committed',
    inFile(
      departure,
      'livesIn(config, fact) && covers(config, fact.durable, last)',
      'livesIn(config, fact)',
    ),
  ),
];
