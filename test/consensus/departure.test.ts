import test from 'ava';
import { nextDeadline } from '../../src/consensus/protocol.ts';
import { isVoter, type Replica } from '../../src/consensus/replica.ts';
import type { Config, Effect, Fact, Term } from '../../src/consensus/types.ts';
import {
  at,
  directoryOf,
  fact,
  happen,
  hear,
  messageTo0,
  moment,
  nodeId,
  ofType,
  replica,
  sent,
  threeServers,
  told,
} from './fixtures.ts';

/** Of term 3, made by n1: n0 is not in it. */
const withoutUs: Config = {
  ...threeServers,
  id: { term: 3 as Term, version: 9 },
  members: threeServers.members.filter(({ id }) => id !== 'n0'),
};

/** As above, but n0 was replaced: another data directory has its name. */
const withAnother: Config = {
  ...threeServers,
  id: withoutUs.id,
  members: threeServers.members.map(member =>
    member.id === 'n0' ? { ...member, directoryId: directoryOf('another') } : member,
  ),
};

let sequence = 1000;

/** It has the configuration and an entry of its term on its disk, or what is said otherwise. */
function knows(id: string, fields: Omit<Partial<Fact>, 'term'> & { term?: number } = {}): Fact {
  sequence += 1;
  const current = { term: 3, sequence, durable: at(3, 4), configId: withoutUs.id };
  return fact(id, { ...current, ...fields });
}

/** n1 tells n0 of a configuration. */
function learn(server: Replica, nowMs: number, config: Config): Effect[] {
  const { id } = config;
  const message = messageTo0({ type: 'heartbeat', probeMs: 0 }, [
    knows('n1', { term: id.term, configId: id, durable: at(0, 0) }),
  ]);
  const envelope = { ...message.envelope, config };
  return happen(server, nowMs, { type: 'message', message: { ...message, envelope } });
}

function beat(server: Replica, nowMs: number): Effect[] {
  server.heartbeatDeadline = moment(nowMs);
  return happen(server, nowMs, { type: 'tick' });
}

const isGone = (effects: readonly Effect[]): boolean => ofType(effects, 'removed').length > 0;

test('a server that is not named any more goes when a majority does without it, and says so', t => {
  const server = replica({ terms: [1, 1, 2] });
  const effects = learn(server, 10, withoutUs);
  t.is(ofType(effects, 'persistConfig')[0]?.config, withoutUs);
  t.false(isGone(effects));
  const first = beat(server, 20);
  t.true(told(first).includes('notNamed'));
  t.deepEqual(
    sent(first).flatMap(({ type, to }) => (type === 'heartbeat' ? [to] : [])),
    ['n1', 'n2'],
    'it goes on asking',
  );

  hear(server, 30, knows('n1'));
  t.false(isGone(beat(server, 40)), 'one of two is no majority');
  for (const [what, missing] of [
    ['another configuration', knows('n2', { configId: threeServers.id })],
    ['moved on to a later term', knows('n2', { term: 4 })],
    ['may lack what was committed', knows('n2', { durable: at(2, 3) })],
    ['another disk', knows('n2', { directoryId: directoryOf('other') })],
  ] as const) {
    hear(server, 50, missing);
    const effect = beat(server, 60);
    t.false(isGone(effect), what);
    t.false(told(effect).includes('notNamed'), 'it was said already');
  }
  hear(server, 70, knows('n2'));
  const last = beat(server, 80);
  t.true(isGone(last));
  t.true(told(last).includes('removed'));
  t.false(isGone(beat(server, 90)), 'once');
});

test('it is needed as long as nobody else has what it holds of that term', t => {
  const server = replica({ terms: [1, 3, 3, 3, 3] });
  learn(server, 10, withoutUs);
  hear(server, 20, knows('n1'));
  hear(server, 20, knows('n2'));
  t.false(isGone(beat(server, 30)));
  hear(server, 40, knows('n1', { durable: at(3, 5) }));
  hear(server, 40, knows('n2', { durable: at(3, 6) }));
  t.true(isGone(beat(server, 50)));
});

test('when the change comes to nothing, it is a member like before', t => {
  const server = replica({ terms: [1] });
  learn(server, 10, withoutUs);
  beat(server, 20);
  t.false(isVoter(server));
  const next = { ...threeServers, id: { term: 4 as Term, version: 1 } };
  learn(server, 30, next);
  t.true(isVoter(server));
  const effects = beat(server, 40);
  t.true(told(effects).includes('namedAgain'));
  t.false(isGone(effects));
  t.false(told(beat(server, 50)).includes('namedAgain'), 'once');
});

test('after a restart it waits as before; it neither votes nor campaigns', t => {
  const server = replica({ terms: [1], term: 3, config: withoutUs });
  t.is(server.role, 'follower');
  t.deepEqual([...server.peers.keys()], ['n1', 'n2']);
  server.election.deadline = moment(5);
  const effects = happen(server, 5, { type: 'tick' });
  t.true(told(effects).includes('notNamed'));
  t.false(sent(effects).some(({ type }) => type === 'requestVote'));
  t.is(nextDeadline(server), server.heartbeatDeadline, 'no election timer runs');
  hear(server, 10, knows('n1', { role: 'candidate', vote: nodeId('n1'), last: at(3, 9) }));
  t.is(server.vote, undefined);
});

/** n0 as it is started again after it has left. */
const leftUnder = (config: Config): Replica =>
  replica({ terms: [1, 1], term: 3, config, remembered: { isDeparted: true } });

/** The cluster goes on under this one: whatever it says of n0. */
const nextWith = (...own: Config['members']): Config => ({
  ...withoutUs,
  id: { term: 4 as Term, version: 11 },
  members: [...withoutUs.members, ...own],
});
const named = threeServers.members[0];
if (named === undefined) throw new Error('n0 is one of them');
const awaited = { ...named, directoryId: undefined, isVoter: false };

test('that it has left is durable before it goes, and said at once at the next start', t => {
  const server = replica({ terms: [1] });
  learn(server, 10, withoutUs);
  hear(server, 20, knows('n1'), knows('n2'));
  const effects = beat(server, 30).filter(({ type }) => type === 'remember' || type === 'removed');
  t.deepEqual(effects, [{ type: 'remember', what: { isDeparted: true } }, { type: 'removed' }]);

  const again = leftUnder(withoutUs);
  t.is(again.role, 'fresh');
  t.deepEqual([...again.peers.keys()], ['n1', 'n2'], 'it knocks where it was known last');
  t.deepEqual(told(beat(again, 10)), ['leftBefore']);
  t.deepEqual(told(beat(again, 20)), [], 'once');
  t.false(isVoter(again));
});

test('a server that has left comes back with its data when it is added again', t => {
  const server = leftUnder(withoutUs);
  learn(server, 10, nextWith(awaited));
  t.is(server.role, 'fresh');
  t.deepEqual(
    server.newcomer.awaitedIn,
    nextWith().id,
    'it says in which configuration it is awaited',
  );
  const back = { ...nextWith(named), id: { term: 4 as Term, version: 12 } };
  const effects = learn(server, 20, back);
  t.is(server.role, 'follower');
  t.is(server.config, back);
  t.is(Number(server.log.lastIndex), 2);
  const kinds = effects.map(({ type }) => type);
  t.deepEqual(ofType(effects, 'remember'), [{ type: 'remember', what: { isDeparted: false } }]);
  t.true(kinds.indexOf('remember') < kinds.indexOf('persistConfig'));
});

test('it comes back by no configuration of before, and founds no other cluster', t => {
  const server = leftUnder(withoutUs);
  learn(server, 10, { ...threeServers, id: { term: 3 as Term, version: 8 } });
  t.is(server.role, 'fresh');
  for (const id of ['n1', 'n2']) {
    const founding = { role: 'fresh', sponsor: directoryOf('n0'), membersHash: 'three' } as const;
    hear(server, 20, fact(id, { ...founding, sequence: 2000 }));
  }
  beat(server, 30);
  t.is(server.config, undefined);
});

test('also a directory that was given up comes back, if no other one has come in its place', t => {
  const config = { ...nextWith(awaited), id: withoutUs.id };
  const server = leftUnder(config);
  beat(server, 10);
  t.is(server.facts.get(nodeId('n0'))?.fact.configId, config.id, 'it knows that it is awaited');
  learn(server, 20, nextWith({ ...awaited, directoryId: directoryOf('another') }));
  t.is(server.role, 'fresh');
  learn(server, 30, { ...nextWith(named), id: { term: 4 as Term, version: 12 } });
  t.is(server.role, 'follower');
});

test('another directory under its name votes in its place, and is no evidence of itself', t => {
  const server = replica({ terms: [1] });
  learn(server, 10, withAnother);
  t.false(isVoter(server));
  const [event] = ofType(beat(server, 20), 'tell').flatMap(({ event: one }) =>
    one.type === 'notNamed' ? [one] : [],
  );
  t.true(event?.isReplaced);
  hear(server, 30, knows('n1'));
  t.false(isGone(beat(server, 40)), 'one of three, whatever it says of itself');
  hear(server, 50, knows('n2'));
  t.true(isGone(beat(server, 60)));
});

test('an outsider is told everything at once: it may reach one server only', t => {
  const server = replica({ config: withoutUs });
  const other = replica();
  hear(other, 10, knows('n1', { configId: threeServers.id }));
  hear(other, 20, fact('n2', { directoryId: directoryOf('wiped') }));
  const effects = hear(other, 30, fact('n2', { directoryId: directoryOf('wiped') }));
  const [reply] = ofType(effects, 'send').map(({ message }) => message.envelope);
  t.deepEqual(
    reply?.facts.map(entry => entry.fact.owner),
    [nodeId('n0'), nodeId('n1')],
  );
  t.is(reply?.config, other.config);
  // What one server passes on is enough.
  learn(server, 10, withoutUs);
  hear(server, 20, knows('n1'), knows('n2'));
  t.true(isGone(beat(server, 30)));
});
