import test from 'ava';
import { createReplica, nothingRemembered } from '../../src/consensus/create-replica.ts';
import { noPosition } from '../../src/consensus/position.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import { step } from '../../src/consensus/step.ts';
import type { Config, DirectoryId, Effect, Fact } from '../../src/consensus/types.ts';
import {
  clusterId,
  directoryOf,
  fact,
  happen,
  hear,
  limits,
  listedServers,
  messageTo0,
  moment,
  nodeId,
  ofType,
  sent,
  threeServers,
  timings,
} from './fixtures.ts';

function freshServer(id = 'n0'): Replica {
  return createReplica({
    identity: {
      clusterName: 'test',
      proposedClusterId: clusterId,
      id: nodeId(id),
      directoryId: directoryOf(id),
      incarnation: 1,
      listedServers,
      membersHash: 'three',
      commandLevel: 1,
    },
    persistent: {
      term: 0 as never,
      vote: undefined,
      config: undefined,
      remembered: nothingRemembered,
      applied: noPosition,
      log: { base: noPosition, runs: [], lastIndex: 0 as never, tail: [] },
    },
    timings,
    limits,
    seed: 1,
    now: moment(0),
  });
}
const freshFact = (id: string, fields: Partial<Fact> = {}): Fact =>
  fact(id, {
    role: 'fresh',
    sponsor: directoryOf('n0'),
    membersHash: 'three',
    configId: { term: 0 as never, version: 0 },
    ...fields,
  } as never);

test('the first server founds the cluster when all listed servers have answered it', t => {
  const server = freshServer();
  hear(server, 1, freshFact('n1'));
  happen(server, 100, { type: 'tick' });
  t.is(server.config, undefined, 'a majority is not enough');
  hear(server, 101, freshFact('n2'));
  const effects = happen(server, 200, { type: 'tick' });
  t.deepEqual(server.config, threeServers);
  t.is(ofType(effects, 'persistConfig').length, 1);
});

test('a server that has a configuration, another list, or answers an older founder stops the founding', t => {
  const others = [
    freshFact('n2', { role: 'follower' }),
    freshFact('n2', { membersHash: 'other' }),
    freshFact('n2', { sponsor: 'older' as never }),
  ];
  for (const other of others) {
    const server = freshServer();
    hear(server, 1, freshFact('n1'));
    hear(server, 2, other);
    happen(server, 100, { type: 'tick' });
    happen(server, 200, { type: 'tick' });
    t.is(server.config, undefined);
  }
});

/** n1, fresh, hears of the founding configuration of n0, n1, n2. */
function hearOfFounding(from: string, sponsor: string | undefined): string {
  const server = freshServer('n1');
  server.newcomer.sponsor = sponsor as never;
  const founding = messageTo0({ type: 'heartbeat', probeMs: 0 }, [fact(from)]);
  const envelope = { ...founding.envelope, to: nodeId('n1'), config: threeServers };
  step(server, { type: 'message', message: { ...founding, envelope } }, moment(1));
  return server.role;
}

test('a fresh server joins only the founder that it has answered', t => {
  t.is(hearOfFounding('n0', 'another founder'), 'fresh');
  t.is(hearOfFounding('n0', directoryOf('n0')), 'follower');
});

test('a fresh server joins who has joined, and after a restart whoever it hears of', t => {
  t.is(hearOfFounding('n2', 'another founder'), 'follower', 'n2 could not be founded with again');
  t.is(hearOfFounding('n0', undefined), 'follower', 'it has answered nobody in this boot');
});

test('a wiped server is told that it is a stranger, and takes part in nothing', t => {
  const server = freshServer();
  const known = messageTo0({ type: 'heartbeat', probeMs: 0 }, [
    fact('n1', { term: 7, role: 'leader' }),
  ]);
  const members = threeServers.members.map(member =>
    member.id === 'n0' ? { ...member, directoryId: 'the old one' as never } : member,
  );
  const envelope = { ...known.envelope, config: { ...threeServers, members } };
  const effects = step(server, { type: 'message', message: { ...known, envelope } }, moment(1));
  t.true(ofType(effects, 'tell').some(({ event }) => event.type === 'foreignDirectory'));
  for (let nowMs = 100; nowMs < 9000; nowMs += 100) happen(server, nowMs, { type: 'tick' });
  t.is(server.role, 'fresh');
  t.is(server.term, 0 as never);
});

test('messages of another cluster or to another server have no effect', t => {
  const server = freshServer();
  const message = messageTo0({ type: 'heartbeat', probeMs: 0 }, [freshFact('n1')]);
  for (const change of [{ clusterName: 'other' }, { to: nodeId('n2') }]) {
    const envelope = { ...message.envelope, ...change };
    const event = { type: 'message', message: { ...message, envelope } } as const;
    t.deepEqual(sent(step(server, event, moment(1))), []);
  }
  t.is(server.facts.size, 0);
  t.true(sent(hear(server, 2, freshFact('n1'))).length > 0);
});

test('a newcomer says in which configuration it is awaited, and joins no older one', t => {
  const server = freshServer();
  const configured = (nowMs: number, config: Config): Effect[] => {
    const { envelope, body } = messageTo0({ type: 'heartbeat', probeMs: 0 }, [fact('n1')]);
    const message = { envelope: { ...envelope, config }, body };
    return step(server, { type: 'message', message }, moment(nowMs));
  };
  const withOwnDirectory = (id: Config['id'], directoryId: DirectoryId | undefined): Config => ({
    clusterId,
    id,
    members: threeServers.members.map(member =>
      member.id === 'n0' ? { ...member, directoryId, isVoter: false } : member,
    ),
  });
  const newer = { term: 4, version: 3 } as Config['id'];
  const [reply] = ofType(configured(10, withOwnDirectory(newer, undefined)), 'send');
  t.deepEqual(reply?.message.envelope.facts[0]?.fact.configId, newer);
  configured(20, withOwnDirectory({ term: 3, version: 9 } as Config['id'], directoryOf('n0')));
  t.is(server.config, undefined, 'who made it was deposed, or it is over');
  configured(30, withOwnDirectory({ ...newer, version: 4 }, directoryOf('n0')));
  t.deepEqual(server.config?.id, { ...newer, version: 4 });
});
