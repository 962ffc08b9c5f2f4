import test from 'ava';
import fc from 'fast-check';
import { considerDigest, digestOf, mergeFact, newsFor } from '../../src/consensus/gossip.ts';
import { saysTheSame } from '../../src/consensus/same-fact.ts';
import type { Fact } from '../../src/consensus/types.ts';
import { at, fact, fresh, hear, moment, nodeId, replica } from './fixtures.ts';

const anyFact = fc
  .record({
    owner: fc.constantFrom('n0', 'n1', 'n2'),
    incarnation: fc.integer({ min: 1, max: 3 }),
    sequence: fc.integer({ min: 1, max: 9 }),
  })
  // One owner never stamps two different facts alike, so the content is a function of the stamp.
  .map(({ owner, incarnation, sequence }) =>
    fact(owner, { term: incarnation, durable: at(1, sequence), incarnation, sequence }),
  );

function merged(...batches: Fact[][]): Record<string, Fact> {
  const server = replica();
  for (const value of batches.flat()) mergeFact(server, fresh(value), moment(0));
  const known = [...server.facts.values()].map(entry => [entry.fact.owner, entry.fact] as const);
  return Object.fromEntries(known.toSorted(([a], [b]) => a.localeCompare(b)));
}

test('gossip converges: order, grouping and repetition of what is heard do not matter', t => {
  fc.assert(
    fc.property(fc.array(anyFact), fc.array(anyFact), fc.array(anyFact), (a, b, c) => {
      t.deepEqual(merged(a, b), merged(b, a));
      t.deepEqual(merged(a, b, a), merged(a, b));
      t.deepEqual(merged([...a, ...b], c), merged(a, [...b, ...c]));
    }),
    { numRuns: 200 },
  );
});

test('what a peer was told is not told again, until its digest shows that it was lost', t => {
  const server = replica({ remembered: { knownBoots: [] } });
  hear(server, 1, fact('n2', { sequence: 5 }));
  const peer = server.peers.get('n1' as never);
  if (peer === undefined) throw new Error('n1 is a peer');
  // The heartbeat's answer went to n2; n1 has not heard of it yet.
  const owners = () => newsFor(server, peer, moment(2)).map(entry => entry.fact.owner);
  t.deepEqual(owners(), ['n0', 'n2']);
  t.deepEqual(owners(), ['n0']);
  considerDigest(server, peer, [{ owner: 'n2' as never, incarnation: 1, sequence: 4 }]);
  t.deepEqual(owners(), ['n0', 'n2']);
  considerDigest(server, peer, digestOf(server));
  t.deepEqual(owners(), ['n0']);
});

test('a relayed fact carries the time that it has spent on its way', t => {
  const server = replica();
  mergeFact(server, fresh(fact('n2', { sequence: 5 }), 30), moment(100));
  const peer = server.peers.get('n1' as never);
  if (peer === undefined) throw new Error('n1 is a peer');
  t.is(newsFor(server, peer, moment(140)).find(entry => entry.fact.owner === 'n2')?.ageMs, 70);
});

/** Another value than the one that is there, whatever that is. */
function otherThan(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'object' || value === null) return `not ${String(value)}`;
  const [[name, part] = ['', undefined]] = Object.entries(value);
  return { ...value, [name]: otherThan(part) };
}

test('whatever a fact says: another value of it is something else to say', t => {
  const value = fact('n0', { term: 2 });
  const passing = ['sequence', 'seenAgeMs', 'olderLeaseMs'];
  for (const [field, said] of Object.entries(value)) {
    const other = { ...value, [field]: otherThan(said) } as Fact;
    t.is(saysTheSame(value, other), passing.includes(field), field);
  }
});

test('a server that has nothing new to say counts no facts', t => {
  const server = replica({ term: 1 });
  const sequences = [10, 20, 30].map(nowMs => {
    hear(server, nowMs, fact('n1', { term: 1, sequence: nowMs }));
    return server.ownFact.sequence;
  });
  t.deepEqual(sequences, [1, 1, 1]);
});

test('support that is given again is said again, for whoever hears of it through others', t => {
  const server = replica({ term: 1 });
  const ask = (nowMs: number): Fact | undefined => {
    hear(server, nowMs, fact('n1', { term: 1, sequence: nowMs, role: 'preCandidate' }));
    return server.facts.get(nodeId('n0'))?.fact;
  };
  const first = ask(2000);
  const second = ask(2100);
  t.is(first?.support, nodeId('n1'));
  t.like(second, { support: first?.support, sequence: (first?.sequence ?? 0) + 1 });
});
