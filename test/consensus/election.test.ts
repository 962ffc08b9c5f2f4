import test from 'ava';
import type { Term } from '../../src/consensus/types.ts';
import {
  at,
  fact,
  happen,
  hear,
  makeLeader,
  missLeader,
  moment,
  nodeId,
  ofType,
  receive,
  replica,
  sent,
  threeServers,
} from './fixtures.ts';

const term = (value: number): Term => value as Term;

test('a server that misses its leader asks first, and changes nothing durable', t => {
  const server = replica({ term: 3 });
  const effects = missLeader(server, 1500);

  t.is(server.role, 'preCandidate');
  t.is(server.term, term(3));
  t.deepEqual(ofType(effects, 'persistVote'), []);
  t.deepEqual(
    sent(effects).flatMap(({ type, to }) => (type === 'requestVote' ? [to] : [])),
    ['n1', 'n2'],
  );
});

test('with the support of a majority it begins a term, its own vote on disk before any message', t => {
  const server = replica({ term: 3 });
  missLeader(server, 1500);

  const effects = hear(server, 1501, fact('n1', { term: 3, support: nodeId('n0') }));

  t.is(server.role, 'candidate');
  t.deepEqual(ofType(effects, 'persistVote'), [
    { type: 'persistVote', term: term(4), vote: nodeId('n0') },
  ]);
  const kinds = effects.map(({ type }) => type);
  t.true(kinds.indexOf('persistVote') < kinds.indexOf('send'));
});

test('a vote that was relayed by a third server counts like a direct one', t => {
  const server = replica({ term: 3 });
  missLeader(server, 1500);
  hear(server, 1501, fact('n1', { term: 3 }), fact('n2', { term: 3, support: nodeId('n0') }));
  t.is(server.role, 'candidate');

  hear(
    server,
    1502,
    fact('n1', { term: 4, sequence: 2, vote: nodeId('n1') }),
    fact('n2', { term: 4, sequence: 2, vote: nodeId('n0') }),
  );
  t.is(server.role, 'leader');
  t.is(server.log.lastIndex, 1 as never, 'the new term opens with a no-op');
});

test('a server votes once per term, for whoever asks first', t => {
  const server = replica({ term: 3 });
  const effects = hear(server, 10, fact('n1', { term: 4, role: 'candidate', vote: nodeId('n1') }));
  t.deepEqual(ofType(effects, 'persistVote').at(-1), {
    type: 'persistVote',
    term: term(4),
    vote: nodeId('n1'),
  });

  hear(server, 11, fact('n2', { term: 4, role: 'candidate', vote: nodeId('n2') }));
  t.is(server.vote, nodeId('n1'));
});

test('a repeated request of the same candidate is answered with the same vote', t => {
  const server = replica({ term: 3 });
  const candidate = fact('n1', { term: 4, role: 'candidate', vote: nodeId('n1') });
  receive(server, 10, { type: 'requestVote' }, candidate);
  const effects = receive(server, 11, { type: 'requestVote' }, candidate);

  t.deepEqual(sent(effects), [{ type: 'requestVoteReply', to: 'n1' }]);
  const [reply] = ofType(effects, 'send');
  t.like(reply?.message.envelope.facts[0]?.fact, { term: 4, vote: 'n1' });
  t.deepEqual(ofType(effects, 'persistVote'), [], 'nothing is written a second time');
});

test('a server does not vote for a log that lacks entries of its own', t => {
  const server = replica({ terms: [1, 2, 2] });
  hear(server, 10, fact('n1', { term: 3, role: 'candidate', last: at(2, 2) }));
  t.is(server.vote, undefined);
  hear(server, 11, fact('n2', { term: 4, role: 'candidate', last: at(2, 3) }));
  t.is(server.vote, nodeId('n2'));
});

test('nobody supports a pre-candidate while it hears of a living leader', t => {
  const server = replica({ term: 1 });
  const leader = fact('n2', {
    term: 1,
    role: 'leader',
    leader: nodeId('n2'),
    seen: { term: term(1), round: 5 },
  });
  hear(server, 100, leader);

  hear(server, 900, fact('n1', { term: 1, role: 'preCandidate' }));
  t.is(server.election.support, undefined);
  hear(server, 1100, fact('n1', { term: 1, sequence: 2, role: 'preCandidate' }));
  t.is(server.election.support, nodeId('n1'), 'an election timeout later it does');
});

test('a round that was seen before, or somebody’s word for the leader, restarts no timer', t => {
  const server = replica({ term: 1 });
  const leader = (sequence: number, round: number) =>
    fact('n2', {
      term: 1,
      sequence,
      role: 'leader',
      leader: nodeId('n2'),
      seen: { term: term(1), round },
    });
  hear(server, 100, leader(1, 5));
  const {
    election: { deadline: electionDeadline },
    evidence: { seenAt },
  } = server;

  hear(server, 800, leader(2, 5));
  hear(
    server,
    800,
    fact('n1', { term: 1, leader: nodeId('n2'), seen: { term: term(1), round: 5 } }),
  );
  t.is(server.election.deadline, electionDeadline);
  t.is(server.evidence.seenAt, seenAt);

  hear(server, 900, leader(3, 6));
  t.is(server.evidence.seenAt, moment(900));
});

test('evidence that travelled through others is as old as its whole way', t => {
  const server = replica({ term: 1 });
  const relayed = fact('n1', {
    term: 1,
    leader: nodeId('n2'),
    seen: { term: term(1), round: 9 },
    seenAgeMs: 250,
  });
  hear(server, 1000, relayed);

  t.is(server.leader, nodeId('n2'));
  t.is(server.evidence.seenAt, moment(750));
});

test('a term that gossip brings deposes a leader', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1500);
  t.is(server.role, 'leader');

  const effects = hear(
    server,
    1600,
    fact('n1', { term: 2, sequence: 102 }),
    fact('n2', { term: 7 }),
  );

  t.is(server.role, 'follower');
  t.is(server.term, term(7));
  t.is(ofType(effects, 'deposed').length, 1);
});

test('a leader whose rounds no majority sees gives up; one relayed witness keeps it', t => {
  const lonely = replica({ terms: [1] });
  makeLeader(lonely, 1000);
  for (let nowMs = 1100; nowMs <= 3200; nowMs += 100) happen(lonely, nowMs, { type: 'tick' });
  t.is(lonely.role, 'follower');

  const heard = replica({ terms: [1] });
  makeLeader(heard, 1000);
  for (let nowMs = 1100; nowMs <= 5000; nowMs += 100) {
    happen(heard, nowMs, { type: 'tick' });
    const seen = { term: heard.term, round: heard.leadership?.round ?? 0 };
    const witness = fact('n2', { term: heard.term, sequence: nowMs, leader: nodeId('n0'), seen });
    hear(heard, nowMs, fact('n1', { term: 0, sequence: 200 + nowMs, incarnation: 2 }), witness);
  }
  t.is(heard.role, 'leader');
});

test('a leader whose disk stalls starts no rounds', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  happen(server, 1010, {
    type: 'propose',
    proposals: [{ id: 1, payload: new Uint8Array(1) }],
    wallMs: 5 as never,
  });
  happen(server, 1100, { type: 'tick' });
  const before = server.leadership?.round;

  const effects = happen(server, 1700, { type: 'tick' });

  t.is(server.leadership?.round, before);
  t.deepEqual(
    ofType(effects, 'tell')
      .map(({ event }) => event.type)
      .filter(type => type === 'diskStalled'),
    ['diskStalled'],
  );
});

test('a server that was paused reads its mail before it campaigns', t => {
  const server = replica({ term: 1 });
  server.election.deadline = moment(1200);
  happen(server, 100, { type: 'tick' });
  happen(server, 9000, { type: 'tick' });
  t.is(server.role, 'follower');
  t.true(server.election.deadline > 9000);
});

test('a server halts when a peer knows a later boot of it', t => {
  const server = replica({ term: 1 });
  const effects = hear(server, 1, fact('n1', { term: 1 }), fact('n0', { term: 1, incarnation: 9 }));
  t.is(ofType(effects, 'halt').length, 1);
});

test('the vote of a wiped server, with its name but another directory, is not heard', t => {
  const server = replica({ term: 3 });
  missLeader(server, 1500);
  const stranger = {
    ...fact('n1', { term: 3, support: nodeId('n0') }),
    directoryId: 'new' as never,
  };
  hear(server, 1501, stranger);
  t.is(server.role, 'preCandidate');
});

test('no vote and no support for a candidate with an older configuration', t => {
  const config = { ...threeServers, id: { term: term(2), version: 5 } };
  const server = replica({ term: 3, config });
  const older = { configId: { term: term(2), version: 4 }, last: at(3, 9) };
  const heard = 3000;
  hear(server, heard, fact('n1', { term: 3, role: 'preCandidate', ...older }));
  t.is(server.election.support, undefined);
  hear(server, heard, fact('n1', { term: 4, sequence: 2, role: 'candidate', ...older }));
  t.is(server.vote, undefined);
  t.is(server.term, term(4));

  const current = { configId: config.id, last: at(3, 9) };
  hear(server, heard, fact('n2', { term: 4, role: 'candidate', ...current }));
  t.is(server.vote, nodeId('n2'));
});

test('a candidate that found no majority waits longer for the next votes, up to a bound', t => {
  const server = replica({ term: 3 });
  const waits: number[] = [];
  let nowMs = 3000;
  for (let lost = 0; lost < 6; lost += 1) {
    missLeader(server, nowMs);
    const { term: current } = server;
    const support = { term: current, sequence: 10 + lost, support: nodeId('n0') };
    hear(server, nowMs, fact('n1', support));
    t.is(server.role, 'candidate');
    waits.push(server.election.deadline - nowMs);
    nowMs = server.election.deadline;
  }
  const bounds = [1000, 2000, 4000, 4000, 4000, 4000];
  for (const [place, waitMs] of waits.entries()) {
    const bound = bounds[place] ?? 0;
    t.true(waitMs >= bound / 2 && waitMs <= bound, `wait ${place} of ${waitMs} ms`);
  }
  hear(
    server,
    nowMs,
    fact('n2', {
      term: 20,
      role: 'leader',
      leader: nodeId('n2'),
      seen: { term: term(20), round: 1 },
    }),
  );
  t.is(server.election.lostCount, 0, 'there is a leader');
});
