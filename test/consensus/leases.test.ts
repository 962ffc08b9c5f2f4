import test from 'ava';
import { horizonOf, learnHorizon, staleMsOf } from '../../src/consensus/freshness.ts';
import { leaseRemainingMs } from '../../src/consensus/leases.ts';
import { nextDeadline } from '../../src/consensus/protocol.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import type { Term } from '../../src/consensus/types.ts';
import {
  answersIn,
  at,
  fact,
  happen,
  hear,
  makeLeader,
  missLeader,
  moment,
  nodeId,
  ofType,
  persistAll,
  receive,
  replica,
  sent,
  timings,
} from './fixtures.ts';

const leaseMs = (timings.leaseMs * 0.99) / 1.01;
const term = (value: number): Term => value as Term;

/** n1 has seen the round of n0 and holds its log. */
const follow = (server: Replica, nowMs: number, sequence: number): void => {
  const { term, log, leadership } = server;
  hear(
    server,
    nowMs,
    fact('n1', {
      term,
      sequence,
      leader: nodeId('n0'),
      seen: { term, round: leadership?.round ?? 0 },
      durable: at(term, log.lastIndex),
    }),
  );
};

/** n0 leads, and n1 holds everything and answers. */
function leaderWithTransferee(): Replica {
  const server = replica();
  makeLeader(server, 1000);
  follow(server, 1010, 200);
  receive(
    server,
    1011,
    { type: 'heartbeatReply', probeMs: 1010, staleMs: undefined, upTo: at(0, 0) },
    fact('n1', { term: server.term, sequence: 201, durable: at(server.term, 1) }),
  );
  return server;
}

test('a lease counts from the start of the round, not from its confirmation', t => {
  const server = replica();
  makeLeader(server, 1000);
  t.is(leaseRemainingMs(server, moment(1000)), 0, 'nobody has seen a round');
  follow(server, 1300, 200);
  t.is(server.commit.term, server.term);
  const startedAt = server.leadership?.confirmedAt ?? 0;
  t.is(startedAt, 1000);
  t.is(leaseRemainingMs(server, moment(1300)), startedAt + leaseMs - 1300);
  t.is(leaseRemainingMs(server, moment(startedAt + timings.leaseMs)), 0);
});

test('a clock that jumped ends the lease until the next round is seen', t => {
  const server = replica();
  makeLeader(server, 1000);
  follow(server, 1010, 200);
  t.true(leaseRemainingMs(server, moment(1020)) > 0);
  happen(server, 1020, { type: 'clockJumped' });
  t.is(leaseRemainingMs(server, moment(1020)), 0);
  server.heartbeatDeadline = moment(1030);
  happen(server, 1030, { type: 'tick' });
  follow(server, 1040, 201);
  t.true(leaseRemainingMs(server, moment(1040)) > 0);
});

test('after a jump of the clock, nothing that was asked before it counts as fresh', t => {
  const server = replica();
  const answer = { type: 'heartbeatReply', staleMs: 5, upTo: at(0, 0) } as const;
  learnHorizon(server, { ...answer, probeMs: 1000 });
  t.not(horizonOf(server), undefined);
  happen(server, 1020, { type: 'clockJumped' });
  t.is(horizonOf(server), undefined);
  learnHorizon(server, { ...answer, probeMs: 1010 });
  t.is(horizonOf(server), undefined);
  learnHorizon(server, { ...answer, probeMs: 1030 });
  t.not(horizonOf(server), undefined);
});

test('a leader whose clock jumped promises freshness from its next round on', t => {
  const server = replica();
  makeLeader(server, 1000);
  follow(server, 1010, 200);
  t.not(horizonOf(server), undefined);
  happen(server, 1020, { type: 'clockJumped' });
  t.is(horizonOf(server), undefined);
  server.heartbeatDeadline = moment(1030);
  happen(server, 1030, { type: 'tick' });
  follow(server, 1040, 201);
  t.is(horizonOf(server)?.asOf, moment(1030));
});

test('a new leader commits nothing before the older lease is over, and then by itself', t => {
  const server = replica({ term: 1 });
  server.leases.seenAt = moment(0);
  missLeader(server, 2000);
  hear(server, 2000, fact('n1', { term: 1, sequence: 100, support: nodeId('n0') }));
  const vote = { term: 2, sequence: 101, vote: nodeId('n0'), olderLeaseMs: 500 };
  hear(server, 2000, fact('n1', vote));
  t.is(server.role, 'leader');
  persistAll(server, 2001);
  follow(server, 2010, 102);
  t.is(Number(server.commit.index), 0);
  const deadline = 2000 + (500 * 1.01) / 0.99;
  t.is(server.leases.deferCommitUntil, moment(deadline));
  server.heartbeatDeadline = moment(9999);
  t.is(nextDeadline(server), moment(deadline));
  happen(server, deadline, { type: 'tick' });
  t.is(Number(server.commit.index), 1);
});

test('a restarted voter owes a whole lease, unless its disk never knew a term', t => {
  const candidate = fact('n1', { term: 2, role: 'candidate', last: at(9, 9) });
  const restarted = replica({ term: 1 });
  hear(restarted, 100, candidate);
  t.is(restarted.vote, nodeId('n1'));
  t.is(restarted.facts.get(nodeId('n0'))?.fact.olderLeaseMs, timings.leaseMs - 100);
  const fresh = replica();
  hear(fresh, 100, candidate);
  t.is(fresh.facts.get(nodeId('n0'))?.fact.olderLeaseMs, 0);
});

/** n0 follows n1, whose rounds give it a lease of another length than n0's own file says. */
function followerOf(leaseMs: number, options: Parameters<typeof replica>[0] = {}): Replica {
  const server = replica({ term: 1, remembered: { leaseOwedMs: 0 }, ...options });
  const seen = { term: term(1), round: 1 };
  const leader = { term: 1, leader: nodeId('n1'), seen, seenLeaseMs: leaseMs };
  hear(server, 100, fact('n1', { ...leader, role: 'leader' }));
  return server;
}

test("a voter owes the leader's lease, whatever its own settings say", t => {
  for (const leaseMs of [5000, 10]) {
    const server = followerOf(leaseMs);
    hear(server, 200, fact('n2', { term: 2, role: 'candidate', last: at(9, 9) }));
    t.is(server.vote, nodeId('n2'));
    t.is(server.facts.get(nodeId('n0'))?.fact.olderLeaseMs, Math.max(0, 100 + leaseMs - 200));
  }
});

test('the length of a lease travels with its round, over servers that do not lead', t => {
  const server = replica({ term: 1, remembered: { leaseOwedMs: 0 } });
  const seen = { term: term(1), round: 1 };
  hear(server, 100, fact('n2', { term: 1, leader: nodeId('n1'), seen, seenLeaseMs: 5000 }));
  t.is(server.facts.get(nodeId('n0'))?.fact.seenLeaseMs, 5000);
  hear(server, 200, fact('n2', { term: 2, sequence: 2, role: 'candidate', last: at(9, 9) }));
  t.is(server.facts.get(nodeId('n0'))?.fact.olderLeaseMs, 4900);
});

test('a longer lease is durable before anybody hears that its round was seen', t => {
  const server = replica({ term: 1, remembered: { leaseOwedMs: 900 } });
  const seen = { term: term(1), round: 1 };
  const leader = { term: 1, leader: nodeId('n1'), seen, seenLeaseMs: 5000 };
  const effects = hear(server, 100, fact('n1', { ...leader, role: 'leader' }));
  t.deepEqual(ofType(effects, 'remember'), [{ type: 'remember', what: { leaseOwedMs: 5000 } }]);
  const kinds = effects.map(({ type }) => type);
  t.true(kinds.indexOf('remember') < kinds.indexOf('send'));
  const again = { ...leader, seen: { ...seen, round: 2 }, sequence: 2 };
  t.deepEqual(ofType(hear(server, 110, fact('n1', again)), 'remember'), [], 'once is enough');
});

test('a restarted voter owes the longest lease that it has heard of, until that is over', t => {
  const server = followerOf(900, { remembered: { leaseOwedMs: 5000 } });
  hear(server, 200, fact('n2', { term: 2, role: 'candidate', last: at(9, 9) }));
  t.is(server.facts.get(nodeId('n0'))?.fact.olderLeaseMs, 4800);

  const later = followerOf(900, { remembered: { leaseOwedMs: 5000 } });
  const beat = (nowMs: number): unknown[] => {
    later.heartbeatDeadline = moment(nowMs);
    later.election.deadline = moment(9999);
    return ofType(happen(later, nowMs, { type: 'tick' }), 'remember');
  };
  t.deepEqual(beat(4999), []);
  t.deepEqual(beat(5000), [{ type: 'remember', what: { leaseOwedMs: 900 } }]);
});

test('a leader remembers its own lease before its first round', t => {
  const server = replica({ term: 1, remembered: { leaseOwedMs: 0 } });
  makeLeader(server, 1000);
  t.is(server.leases.owedMs, timings.leaseMs);
});

test('settings of another server that are not ours are told once', t => {
  const server = replica({ term: 1 });
  const timing = { ...timings, leaseMs: 5000 };
  const told = (sequence: number): unknown[] =>
    ofType(hear(server, 100, fact('n1', { term: 1, sequence, timing })), 'tell').filter(
      ({ event }) => event.type === 'timingDiffers',
    );
  t.is(told(2).length, 1);
  t.is(told(3).length, 0);
});

test('nobody is chosen as transferee who has lost a part of its log', t => {
  const server = leaderWithTransferee();
  const { term } = server;
  for (const id of ['n1', 'n2']) {
    hear(server, 1011, fact(id, { term, sequence: 300, isRecovering: true, durable: at(1, 1) }));
  }
  const effects = happen(server, 1012, { type: 'transferLeadership', id: 7, to: undefined });
  t.like(answersIn(effects)[0], {
    reason: 'noTransfer',
    problem: 'no other voter can be reached',
  });
});

test('a transfer: no writes, all on the transferee, the lease ended, the transferee called', t => {
  const server = leaderWithTransferee();
  const effects = happen(server, 1012, { type: 'transferLeadership', id: 7, to: nodeId('n1') });
  t.is(leaseRemainingMs(server, moment(1012)), 0);
  const messages = sent(effects).filter(({ to }) => to === 'n1');
  t.true(messages.length > 0);
  t.is(server.facts.get(nodeId('n0'))?.fact.transferee, nodeId('n1'));
  const refused = happen(server, 1013, {
    type: 'propose',
    proposals: [{ id: 1, payload: new Uint8Array(1) }],
    wallMs: 1 as never,
  });
  t.like(answersIn(refused)[0], { type: 'refused', reason: 'transferring' });
  const deposed = hear(
    server,
    1014,
    fact('n1', { term: server.term + 1, sequence: 202, role: 'candidate', isTransferee: true }),
  );
  t.deepEqual(ofType(deposed, 'answered'), [
    { type: 'answered', id: 7, answer: { type: 'transferred' } },
  ]);
  t.is(server.role, 'follower');
});

test('a transferee that does not come: the leader goes on, but never again on a lease', t => {
  const server = leaderWithTransferee();
  happen(server, 1012, { type: 'transferLeadership', id: 7, to: nodeId('n1') });
  // Its voters still hear of it.
  server.heartbeatDeadline = moment(1500);
  happen(server, 1500, { type: 'tick' });
  follow(server, 1510, 250);
  server.heartbeatDeadline = moment(1012 + timings.electionTimeoutMs);
  const [ended] = answersIn(happen(server, 1012 + timings.electionTimeoutMs, { type: 'tick' }));
  t.is(ended?.type, 'refused');
  t.regex(ended !== undefined && 'problem' in ended ? ended.problem : '', /did not take over/);
  follow(server, 2020, 300);
  t.is(server.role, 'leader');
  t.is(leaseRemainingMs(server, moment(2020)), 0);
});

test('the transferee campaigns at once, and its voters owe nothing', t => {
  const transferee = replica({ term: 1 });
  hear(
    transferee,
    10,
    fact('n1', { term: 1, role: 'leader', leader: nodeId('n1'), transferee: nodeId('n0') }),
  );
  t.is(transferee.role, 'candidate');
  t.is(transferee.term, 2 as Term);
  const voter = replica({ term: 1 });
  hear(voter, 10, fact('n1', { term: 2, role: 'candidate', isTransferee: true, last: at(9, 9) }));
  t.is(voter.vote, nodeId('n1'));
  t.is(voter.facts.get(nodeId('n0'))?.fact.olderLeaseMs, 0);
});

test('a horizon counts from the question, with the age of the answer on top', t => {
  const server = replica({ terms: [1] });
  const leader = fact('n1', { term: 1, role: 'leader', leader: nodeId('n1'), sequence: 2 });
  hear(server, 900, leader);
  receive(
    server,
    1000,
    { type: 'heartbeatReply', probeMs: 800, staleMs: 100, upTo: at(1, 1) },
    leader,
  );
  const horizon = horizonOf(server);
  if (horizon === undefined) return t.fail('nothing was learnt');
  t.is(horizon.asOf, moment(800 - (100 * 1.01) / 0.99));
  t.is(staleMsOf(server, horizon, moment(1000)), ((1000 - horizon.asOf) * 1.01) / 0.99);
  receive(
    server,
    1001,
    { type: 'heartbeatReply', probeMs: 700, staleMs: 500, upTo: at(1, 1) },
    { ...leader, sequence: 3 },
  );
  t.is(horizonOf(server), horizon, 'an older one is no news');
});
