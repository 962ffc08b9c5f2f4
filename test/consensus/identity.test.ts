import test from 'ava';
import { givenClusterId } from '../../src/consensus/cluster-identity.ts';
import { createReplica, nothingRemembered } from '../../src/consensus/create-replica.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import type { ClusterId, Effect, Envelope, Fact } from '../../src/consensus/types.ts';
import {
  clusterId,
  directoryOf,
  fact,
  happen,
  hear,
  makeLeader,
  messageTo0,
  ofType,
  replica,
  sent,
  threeServers,
} from './fixtures.ts';

const another = 'another cluster' as ClusterId;

/** A heartbeat from the owner of the first fact, in an envelope of which some fields differ. */
function hearIn(
  server: Replica,
  nowMs: number,
  fields: Partial<Envelope>,
  ...facts: readonly Fact[]
): Effect[] {
  const { envelope, body } = messageTo0({ type: 'heartbeat', probeMs: 0 }, facts);
  return happen(server, nowMs, {
    type: 'message',
    message: { envelope: { ...envelope, ...fields }, body },
  });
}

const told = (effects: readonly Effect[], type: string): object[] =>
  ofType(effects, 'tell').flatMap(({ event }) => (event.type === type ? [event] : []));

test('who has an identity drops everything that bears another, and says so once per interval', t => {
  const server = replica();
  const before = structuredClone({ ...server, rarelyTold: undefined });
  const config = { ...threeServers, clusterId: another, id: { term: 9, version: 9 } as never };
  const fields = { clusterId: another, config, term: 9 as never };
  const stranger = fact('n1', { term: 9, directoryId: 'elsewhere' as never });
  const effects = hearIn(server, 10, fields, stranger);
  t.deepEqual(sent(effects), []);
  t.like(told(effects, 'foreignCluster')[0], { server: 'n1', clusterId: another });
  t.deepEqual({ ...server, rarelyTold: undefined }, before, 'nothing of it was read');
  t.deepEqual(hearIn(server, 11, fields, stranger), []);
  t.is(told(hearIn(server, 70_000, fields, stranger), 'foreignCluster').length, 1);
});

test('names are compared only while one of the two has no identity', t => {
  const server = replica();
  t.true(sent(hearIn(server, 10, { clusterName: 'renamed' }, fact('n1'))).length > 0);
  const nameless = { clusterId: undefined, clusterName: 'renamed' };
  t.deepEqual(sent(hearIn(server, 20, nameless, fact('n2'))), []);
});

test('a leader gives its cluster an identity when it has none, and all leaders the same one', t => {
  const older = { ...threeServers, clusterId: undefined };
  const server = replica({ config: older });
  makeLeader(server, 1000);
  t.is(server.config?.clusterId, givenClusterId(older));
  t.is(server.config?.clusterId, `of-${directoryOf('n0')}` as ClusterId);
  t.is(givenClusterId(threeServers), clusterId, 'who has one keeps it');
  const other = createReplica({
    identity: { ...server.identity, proposedClusterId: another },
    persistent: {
      term: 0 as never,
      vote: undefined,
      config: older,
      remembered: nothingRemembered,
      applied: server.commit,
      log: { base: server.commit, runs: [], lastIndex: 0 as never, tail: [] },
    },
    timings: server.timings,
    limits: server.limits,
    seed: 2,
    now: 0 as never,
  });
  makeLeader(other, 1000);
  t.is(other.config?.clusterId, server.config?.clusterId);
});

test('an identity is not lost to a configuration of before', t => {
  const server = replica();
  const newer = { ...threeServers, clusterId: undefined, id: { term: 3, version: 1 } as never };
  const effects = hearIn(server, 10, { clusterId: undefined, config: newer }, fact('n1'));
  t.like(ofType(effects, 'persistConfig')[0]?.config, { clusterId, id: newer.id });
  t.true(sent(hear(server, 20, fact('n1', { sequence: 2 }))).length > 0);
});
