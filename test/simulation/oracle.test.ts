import test from 'ava';
import type { Replica } from '../../src/consensus/replica.ts';
import type { Term } from '../../src/consensus/types.ts';
import { Oracle, type Witness } from '../../src/simulation/oracle.ts';
import { directoryOf, nodeId, replica, threeServers } from '../consensus/fixtures.ts';

const configOf = (term: number) => ({
  ...threeServers,
  id: { term: term as Term, version: 1 },
});

const witness = (id: string, of: Replica): Witness => ({
  id: nodeId(id),
  replica: of,
  life: 1,
  directoryId: directoryOf(id),
  isRecovering: false,
  durableVote: { term: of.term, vote: of.vote },
  holdsDurably: () => true,
  entryAt: () => undefined,
});

/** n0, elected in this term under a configuration that names n2. */
const leaderOf = (term: number): Replica => ({
  ...replica({ term, vote: 'n0', config: configOf(term) }),
  role: 'leader',
  leadership: {} as NonNullable<Replica['leadership']>,
});

/** n2 has left under a configuration of term 7. */
function oracleOfDeparture(): Oracle {
  const oracle = new Oracle(() => 0, 0);
  const { members, ...config } = configOf(7);
  const rest = { ...config, members: members.filter(({ id }) => id !== 'n2') };
  const leaver = replica({ term: 7, config: rest });
  oracle.departed(witness('n2', leaver), leaver);
  return oracle;
}

test('whoever wins an older term late may still count on a server that has left since', t => {
  t.notThrows(() => oracleOfDeparture().stepped(witness('n0', leaderOf(5))));
});

test('from the term of its departure on, nobody is elected who counts on a server that left', t => {
  for (const term of [7, 8]) {
    t.throws(() => oracleOfDeparture().stepped(witness('n0', leaderOf(term))), {
      message: `I13: n0 leads term ${term} with n2, which left`,
    });
  }
});
