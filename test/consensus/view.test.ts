import test from 'ava';
import { view } from '../../src/consensus/protocol.ts';
import { fact, happen, hear, makeLeader, moment, nodeId, replica } from './fixtures.ts';

test('looking at a replica changes nothing of it, whatever is looked at', t => {
  const server = replica({ terms: [1, 1] });
  makeLeader(server, 1000);
  hear(server, 1001, fact('n1', { term: 2, sequence: 200 }));
  happen(server, 1002, { type: 'applied', index: 0 as never, commandLevel: 1 });
  const before = structuredClone(server);
  const seen = view(server);
  for (const key of Object.keys(seen)) t.notThrows(() => Reflect.get(seen, key), key);
  seen.leaseRemainingMs(moment(1003));
  seen.beginLeaseRead(moment(1003));
  seen.stamp(moment(1003));
  seen.envelopeTo(nodeId('n1'));
  const { facts } = seen.describe(moment(1003));
  t.deepEqual(server, before);
  t.deepEqual(
    facts.map(({ fact: { owner, term } }) => [owner, term]),
    [
      [nodeId('n0'), server.term],
      [nodeId('n1'), server.term],
    ],
  );
});

test('what a server says of itself is shown as of now, also when nobody has been told of it', t => {
  const server = replica({ terms: [1] });
  server.durableIndex = 0 as never;
  happen(server, 5, { type: 'persisted', logGeneration: 0, index: 1 as never });
  const [own] = view(server).describe(moment(6)).facts;
  t.is(own?.fact.durable.index, 1 as never);
});
