import test from 'ava';
import type { Effect, Position } from '../../src/consensus/types.ts';
import {
  answersIn,
  at,
  fact,
  happen,
  hear,
  makeLeader,
  nodeId,
  ofType,
  persistAll,
  replica,
} from './fixtures.ts';

const committed = (effects: readonly Effect[]): Position[] =>
  ofType(effects, 'tell').flatMap(({ event }) =>
    event.type === 'committed' ? [event.position] : [],
  );

test('a leader commits an entry once a majority holds it on disk, its own disk included', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  const durable = at(2, 2);
  t.deepEqual(committed(hear(server, 1001, fact('n1', { term: 2, sequence: 200, durable }))), [
    durable,
  ]);
});

test('the leader’s own entry counts only when it is durable', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  happen(server, 1001, {
    type: 'propose',
    proposals: [{ id: 1, payload: new Uint8Array(1) }],
    wallMs: 5 as never,
  });
  const durable = at(2, 3);
  const effects = hear(server, 1002, fact('n1', { term: 2, sequence: 200, durable }));
  t.deepEqual(committed(effects), [at(2, 2)], 'two disks hold the no-op, one the proposal');
  t.deepEqual(committed(persistAll(server, 1003)), [at(2, 3)]);
});

test('a leader does not count a server that lives in another term', t => {
  const server = replica({ terms: [1, 1] });
  makeLeader(server, 1000);
  const effects = hear(server, 1001, fact('n2', { term: 1, durable: at(2, 3) }));
  t.deepEqual(committed(effects), []);
});

test('a leader does not commit an entry of an older term by counting', t => {
  const server = replica({ terms: [1, 1] });
  makeLeader(server, 1000);
  const old = at(1, 2);
  const effects = hear(
    server,
    1001,
    fact('n1', { term: 2, sequence: 200, durable: old }),
    fact('n2', { term: 2, durable: old }),
  );
  t.deepEqual(committed(effects), []);
});

test('a server with another data directory is not counted', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  const wiped = { ...fact('n2', { term: 2, durable: at(2, 2) }), directoryId: 'new' as never };
  t.deepEqual(committed(hear(server, 1001, wiped)), []);
});

test('a position may be taken back: the newest report counts, not the largest', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  happen(server, 1001, {
    type: 'propose',
    proposals: [{ id: 1, payload: new Uint8Array(1) }],
    wallMs: 5 as never,
  });
  hear(server, 1002, fact('n1', { term: 2, sequence: 300, durable: at(1, 1) }));
  hear(server, 1003, fact('n1', { term: 2, sequence: 200, durable: at(2, 3) }));
  t.deepEqual(
    committed(persistAll(server, 1004)),
    [],
    'the late report is older than what is known',
  );
});

test('a claim to hold more than the leader has written proves nothing', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  t.deepEqual(
    committed(hear(server, 1001, fact('n1', { term: 2, sequence: 200, durable: at(2, 99) }))),
    [],
  );
});

test('a follower adopts a commit position only when it holds that very entry', t => {
  const server = replica({ terms: [1, 1, 2] });
  hear(server, 1, fact('n1', { term: 3, commit: at(3, 2) }));
  t.is(server.commit.index, 0 as never);
  hear(server, 2, fact('n1', { term: 3, sequence: 2, commit: at(1, 2) }));
  t.deepEqual(server.commit, at(1, 2));
});

test('beyond its log a follower follows a commit position of the term of its last entry', t => {
  const server = replica({ terms: [1, 2, 2] });
  hear(server, 1, fact('n1', { term: 2, commit: at(2, 9) }));
  t.deepEqual(server.commit, at(2, 3));
});

test('only what is committed and durable here is applied', t => {
  const server = replica({ terms: [1, 2, 2] });
  server.durableIndex = 2 as never;
  const effects = hear(server, 1, fact('n1', { term: 2, commit: at(2, 3) }));
  t.deepEqual(ofType(effects, 'apply'), [{ type: 'apply', upTo: 2 as never }]);
});

test('a linearizable read waits for a round that a majority saw after it began', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  hear(server, 1001, fact('n1', { term: 2, sequence: 200, durable: at(2, 2) }));
  const begun = happen(server, 1002, { type: 'read', id: 7 });
  t.deepEqual(answersIn(begun), []);

  const seen = (round: number, sequence: number) =>
    fact('n1', {
      term: 2,
      sequence,
      leader: nodeId('n0'),
      seen: { term: server.term, round },
      durable: at(2, 2),
    });
  const round = server.leadership?.round ?? 0;
  const early = hear(server, 1003, seen(round - 1, 201));
  t.deepEqual(answersIn(early), [], 'a round from before the read proves nothing');
  happen(server, 1004, { type: 'tick' });
  const confirmed = hear(server, 1005, seen(server.leadership?.round ?? 0, 202));
  t.deepEqual(ofType(confirmed, 'answered'), [
    { type: 'answered', id: 7, answer: { type: 'readable', index: 2 as never } },
  ]);
});

test('a deposed leader refuses the reads that wait', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  happen(server, 1002, { type: 'read', id: 7 });
  const effects = hear(server, 1003, fact('n2', { term: 9 }));
  t.deepEqual(ofType(effects, 'answered'), [
    {
      type: 'answered',
      id: 7,
      answer: { type: 'refused', reason: 'notLeader', leader: undefined },
    },
  ]);
});

test('a leader refuses proposals beyond its limit, and says so', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 1000);
  const propose = (id: number) =>
    happen(server, 1001, {
      type: 'propose',
      proposals: [{ id, payload: new Uint8Array(9000) }],
      wallMs: 5 as never,
    });
  t.is(answersIn(propose(1))[0]?.type, 'appended');
  t.deepEqual(answersIn(propose(2)), [
    { type: 'refused', reason: 'overloaded', leader: nodeId('n0') },
  ]);
});
