import test from 'ava';
import { leaseRemainingMs } from '../../src/consensus/leases.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import type { Effect, Fact, Member, MemberChange } from '../../src/consensus/types.ts';
import {
  answersIn,
  at,
  directoryOf,
  fact,
  happen,
  hear,
  makeLeader,
  moment,
  nodeId,
  persistAll,
  replica,
  threeServers,
} from './fixtures.ts';

let sequence = 1000;

/** The server holds everything of n0 and knows its configuration; or what is said otherwise. */
function follow(server: Replica, nowMs: number, id: string, fields: Partial<Fact> = {}): Effect[] {
  const { term, log, leadership, config } = server;
  sequence += 1;
  const seen = { term, round: leadership?.round ?? 0 };
  const durable = at(term, log.lastIndex);
  const configId = config?.id as Fact['configId'];
  const current = { term, sequence, leader: nodeId('n0'), seen, durable, configId };
  return hear(server, nowMs, fact(id, { ...current, ...fields } as never));
}

/** n0 leads and has committed an entry of its term, and the others follow. */
function settledLeader(): Replica {
  const server = replica();
  makeLeader(server, 1000);
  follow(server, 1010, 'n1');
  follow(server, 1010, 'n2');
  return server;
}

const change = (server: Replica, nowMs: number, ...changes: MemberChange[]): Effect[] =>
  happen(server, nowMs, { type: 'changeMembers', id: 7, changes });
const put = (id: string, address = `${id}:1`): MemberChange => ({
  type: 'put',
  id: nodeId(id),
  address,
});
const remove = (id: string): MemberChange => ({ type: 'remove', id: nodeId(id) });
const outcomeOf = (effects: readonly Effect[]) => answersIn(effects)[0];
const namesOf = (server: Replica, isWanted: (member: Member) => boolean): string[] =>
  (server.config?.members ?? []).filter(isWanted).map(({ id }) => id);
const votersOf = (server: Replica): string[] => namesOf(server, ({ isVoter }) => isVoter);

const freshFact = (id: string): Partial<Fact> => ({
  role: 'fresh',
  term: 0 as never,
  durable: at(0, 0),
  directoryId: directoryOf(id),
});

test('a leader writes its term into the configuration before it changes anything', t => {
  const server = settledLeader();
  t.deepEqual(server.config?.id, { term: server.term, version: 1 });
});

test('a change is accepted when a majority has it, and not before', t => {
  const server = settledLeader();
  t.is(outcomeOf(change(server, 1100, put('n3'))), undefined);
  t.deepEqual(
    namesOf(server, ({ directoryId }) => directoryId === undefined),
    ['n3'],
  );
  t.deepEqual(outcomeOf(follow(server, 1110, 'n1')), { type: 'membersAccepted' });
});

test('a newcomer is awaited, pulls, and votes once it has caught up', t => {
  const server = settledLeader();
  change(server, 1100, put('n3'));
  follow(server, 1110, 'n1');
  follow(server, 1115, 'n3', { ...freshFact('n3'), configId: threeServers.id });
  t.is(server.config?.members.at(-1)?.directoryId, undefined, 'it has not heard of this one yet');
  follow(server, 1120, 'n3', freshFact('n3'));
  t.is(server.config?.members.at(-1)?.directoryId, directoryOf('n3'));
  t.deepEqual(votersOf(server), ['n0', 'n1', 'n2']);
  follow(server, 1130, 'n1');
  follow(server, 1140, 'n3', { durable: at(0, 0) });
  t.deepEqual(votersOf(server), ['n0', 'n1', 'n2'], 'it holds nothing yet');
  follow(server, 1150, 'n3');
  t.deepEqual(votersOf(server), ['n0', 'n1', 'n2', 'n3']);
});

test('a newcomer that does not know the commands in use gets no vote', t => {
  const server = settledLeader();
  happen(server, 1050, { type: 'applied', index: 1 as never, commandLevel: 2 });
  change(server, 1100, put('n3'));
  follow(server, 1110, 'n1', { commandLevel: 2 });
  follow(server, 1120, 'n3', freshFact('n3'));
  follow(server, 1130, 'n1', { commandLevel: 2 });
  follow(server, 1150, 'n3', { commandLevel: 1 });
  t.deepEqual(votersOf(server), ['n0', 'n1', 'n2']);
  follow(server, 1160, 'n3', { commandLevel: 2 });
  t.deepEqual(votersOf(server), ['n0', 'n1', 'n2', 'n3']);
});

test('the next step waits until a majority has the one before', t => {
  const server = settledLeader();
  change(server, 1100, remove('n1'), remove('n2'));
  t.deepEqual(votersOf(server), ['n0', 'n1', 'n2']);
  follow(server, 1110, 'n2');
  t.deepEqual(votersOf(server), ['n0', 'n2'], 'one at a time');
  follow(server, 1120, 'n2', { configId: { term: server.term, version: 2 } });
  t.deepEqual(votersOf(server), ['n0', 'n2'], 'n2 does not know it yet');
  follow(server, 1130, 'n2');
  t.deepEqual(votersOf(server), ['n0']);
});

test('no change before an entry of the own term is committed', t => {
  const server = replica();
  makeLeader(server, 1000);
  change(server, 1100, put('n3'));
  follow(server, 1110, 'n1', { durable: at(0, 0) });
  t.is(server.config?.members.length, 3);
  follow(server, 1120, 'n1');
  t.is(
    server.config?.members.length,
    3,
    'now it is committed; the change comes with the next turn',
  );
  follow(server, 1130, 'n1');
  t.is(server.config?.members.length, 4);
});

test('whoever would lose the majority is refused, with the reason', t => {
  const server = settledLeader();
  // n2 is silent from now on.
  follow(server, 2500, 'n1');
  const outcome = outcomeOf(change(server, 2501, remove('n1')));
  t.is(outcome?.type, 'refused');
  t.regex(
    outcome !== undefined && 'problem' in outcome ? outcome.problem : '',
    /of n0, n2, only n0 can be reached/,
  );
  t.is(outcomeOf(change(server, 2502, remove('n0'), remove('n1'), remove('n2')))?.type, 'refused');
  t.is(outcomeOf(change(server, 2503, put('n9', 'n1:1')))?.type, 'refused', 'that is n1');
  t.is(outcomeOf(change(server, 2504, remove('n9')))?.type, 'membersAccepted', 'there is none');
  t.deepEqual(votersOf(server), ['n0', 'n1', 'n2']);
});

test('a leader that shall go hands over first, and removes nobody for it', t => {
  const server = settledLeader();
  change(server, 1100, remove('n0'));
  follow(server, 1110, 'n1');
  t.is(server.leadership?.transfer?.to, undefined, 'no link was ever confirmed');
  const { peers } = server;
  for (const peer of peers.values()) peer.confirmedAt = moment(1110);
  follow(server, 1120, 'n1');
  t.is(server.leadership?.transfer?.to, nodeId('n1'));
  t.deepEqual(votersOf(server), ['n0', 'n1', 'n2']);
});

test('a lease does not survive a change of the members', t => {
  const server = settledLeader();
  t.true(leaseRemainingMs(server, moment(1020)) > 0);
  change(server, 1100, put('n3'));
  t.is(leaseRemainingMs(server, moment(1100)), 0);
  follow(server, 1110, 'n1');
  t.true(leaseRemainingMs(server, moment(1110)) > 0, 'a round of the new configuration was seen');
});

test('a replaced directory counts no more, and does not come back by itself', t => {
  const server = settledLeader();
  const directoryId = directoryOf('n2');
  change(server, 1100, { type: 'replace', id: nodeId('n2'), directoryId });
  t.deepEqual(votersOf(server), ['n0', 'n1']);
  follow(server, 1110, 'n1');
  follow(server, 1120, 'n2');
  t.is(server.facts.get(nodeId('n2')), undefined, 'what the old one says is not heard');
  follow(server, 1130, 'n2', { ...freshFact('n2'), directoryId: 'another' as never });
  t.is(server.config?.members.at(-1)?.directoryId, 'another' as never);
  const own = { type: 'replace', id: nodeId('n0'), directoryId: directoryOf('n0') } as const;
  follow(server, 1140, 'n1');
  t.is(outcomeOf(change(server, 1150, own))?.type, 'refused', 'a leader’s disk is not lost');
});

test('a deposed leader does not know what became of a change', t => {
  const server = settledLeader();
  change(server, 1100, put('n3'));
  const effects = hear(server, 1110, fact('n1', { term: server.term + 1, sequence: 5000 }));
  t.like(outcomeOf(effects), { type: 'refused', reason: 'deposed' });
  t.like(outcomeOf(change(server, 1120, put('n4'))), { type: 'refused', reason: 'notLeader' });
  persistAll(server, 1130);
});
