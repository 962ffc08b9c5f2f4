import test from 'ava';
import type { Replica } from '../../src/consensus/replica.ts';
import type {
  Effect,
  Entry,
  Position,
  PullBatch,
  PullRefused,
  Term,
} from '../../src/consensus/types.ts';
import {
  at,
  entriesOf,
  fact,
  happen,
  hear,
  nodeId,
  ofType,
  receive,
  replica,
  sent,
} from './fixtures.ts';

const term = (value: number): Term => value as Term;

/** n0 follows the leader n1 of the term and has opened a stream. */
function following(terms: readonly number[], leaderTerm: number): Replica {
  const server = replica({ terms });
  const leader = leaderFact(leaderTerm, 1);
  hear(server, 10, leader);
  const answer = {
    type: 'heartbeatReply',
    probeMs: 10,
    staleMs: undefined,
    upTo: at(0, 0),
  } as const;
  receive(server, 11, answer, leader);
  receive(server, 12, { type: 'updatePositionReply' }, leader);
  if (server.pulling.stream?.source !== 'n1') throw new Error('n0 pulls from its leader');
  return server;
}

const leaderFact = (leaderTerm: number, sequence: number, last: Position = at(leaderTerm, 99)) =>
  fact('n1', {
    term: leaderTerm,
    sequence,
    role: 'leader',
    leader: nodeId('n1'),
    seen: { term: term(leaderTerm), round: sequence },
    last,
  });

const deliver = (
  server: Replica,
  body: Partial<PullBatch> & { prev: Position; entries: Entry[] },
): Effect[] =>
  receive(
    server,
    20,
    {
      type: 'pullBatch',
      pullId: server.pulling.stream?.pullId ?? 0,
      sourceLast: at(9, 99),
      path: [nodeId('n1')],
      ...body,
    },
    leaderFact(server.term, 2),
  );

const refuse = (server: Replica, body: Partial<PullRefused>): Effect[] =>
  receive(
    server,
    20,
    {
      type: 'pullRefused',
      pullId: server.pulling.stream?.pullId ?? 0,
      prev: server.pulling.stream?.askedPrev ?? at(0, 0),
      logGeneration: server.log.generation,
      reason: 'diverged',
      sourceLast: at(9, 99),
      hint: at(1, 1),
      ...body,
    },
    leaderFact(server.term, 2),
  );

const termsOf = (server: Replica): number[] => server.log.tail.map(entry => entry.term);

test('a follower appends what continues its log, and reports it once it is durable', t => {
  const server = following([1, 1], 2);
  const effects = deliver(server, {
    prev: at(1, 2),
    entries: entriesOf([2, 2], 3),
    sourceLast: at(2, 4),
  });
  t.deepEqual(termsOf(server), [1, 1, 2, 2]);
  t.is(ofType(effects, 'append').length, 1);
  t.false(
    sent(effects).some(({ type }) => type === 'updatePosition'),
    'not before it is on disk',
  );

  const after = happen(server, 21, { type: 'persisted', logGeneration: 0, index: 4 as never });
  t.deepEqual(sent(after), [{ type: 'updatePosition', to: 'n1' }]);
});

test('a batch that was repeated changes nothing', t => {
  const server = following([1, 1], 2);
  const batch = { prev: at(1, 2), entries: entriesOf([2, 2], 3), sourceLast: at(2, 4) };
  deliver(server, batch);
  t.deepEqual(ofType(deliver(server, batch), 'append'), []);
  t.deepEqual(termsOf(server), [1, 1, 2, 2]);
});

test('after a gap the follower opens a new stream where its log ends', t => {
  const server = following([1, 1], 2);
  const before = server.pulling.stream?.pullId ?? 0;
  const late = { prev: at(2, 5), entries: entriesOf([2], 6), sourceLast: at(2, 6) };
  t.deepEqual(sent(deliver(server, late)), [], 'once per heartbeat at most');
  t.deepEqual(termsOf(server), [1, 1]);
  const effects = sent(happen(server, 400, { type: 'tick' }));
  const request = effects.find(({ type }) => type === 'pullEntries');
  t.like(request, { type: 'pullEntries', prev: at(1, 2), pullId: before + 1 });
});

test('an answer to an older stream is dropped', t => {
  const server = following([1, 1], 2);
  deliver(server, {
    pullId: (server.pulling.stream?.pullId ?? 0) - 1,
    prev: at(1, 2),
    entries: entriesOf([2], 3),
  });
  t.deepEqual(termsOf(server), [1, 1]);
});

test('a conflicting end is removed toward a log with a later last term, and nothing before it', t => {
  const server = following([1, 2, 2], 3);
  const effects = deliver(server, {
    prev: at(1, 1),
    entries: entriesOf([3], 2),
    sourceLast: at(3, 2),
  });
  t.deepEqual(termsOf(server), [1, 3]);
  t.deepEqual(ofType(effects, 'truncate'), [
    { type: 'truncate', fromIndex: 2 as never, logGeneration: 1 },
  ]);
});

test('nothing is removed toward a log that is no later', t => {
  const server = following([1, 2, 2], 3);
  deliver(server, { prev: at(1, 1), entries: entriesOf([1], 2), sourceLast: at(2, 9) });
  t.deepEqual(termsOf(server), [1, 2, 2]);
  t.not(server.pulling.stream?.source, nodeId('n1'), 'the source is left alone for a while');
});

test('nothing committed is removed, whatever the source says', t => {
  const server = following([1, 2, 2], 3);
  hear(server, 15, fact('n2', { term: 3, commit: at(2, 2) }));
  const effects = deliver(server, {
    prev: at(1, 1),
    entries: entriesOf([3], 2),
    sourceLast: at(3, 2),
  });
  t.deepEqual(termsOf(server), [1, 2, 2]);
  t.true(ofType(effects, 'tell').some(({ event }) => event.type === 'truncationRefused'));
});

test('entries of a later term raise the term before they are appended', t => {
  const server = following([1], 1);
  const effects = receive(
    server,
    20,
    {
      type: 'pullBatch',
      pullId: server.pulling.stream?.pullId ?? 0,
      prev: at(1, 1),
      entries: entriesOf([4], 2),
      sourceLast: at(4, 2),
      path: [nodeId('n1')],
    },
    leaderFact(1, 2),
  );
  t.is(server.term, term(4));
  const kinds = effects.map(({ type }) => type);
  t.true(
    kinds.indexOf('persistVote') >= 0 && kinds.indexOf('persistVote') < kinds.indexOf('append'),
  );
});

test('a batch whose entries do not follow each other is refused whole', t => {
  for (const entries of [
    entriesOf([2, 1], 3),
    entriesOf([2], 4),
    entriesOf([1], 3).concat(entriesOf([2], 5)),
  ]) {
    const server = following([1, 2], 2);
    deliver(server, { prev: at(2, 2), entries });
    t.deepEqual(termsOf(server), [1, 2]);
  }
});

test('a diverged follower looks for the common entry before it removes anything', t => {
  const server = following([1, 1, 2, 2], 3);
  const effects = refuse(server, { hint: at(1, 3) });
  t.deepEqual(termsOf(server), [1, 1, 2, 2]);
  t.like(sent(effects)[0], { type: 'pullEntries', prev: at(1, 2) });
});

test('a source that lies behind does not make a follower go back', t => {
  const server = following([1, 1, 2, 2], 3);
  refuse(server, { sourceLast: at(2, 3) });
  t.not(server.pulling.stream?.source, nodeId('n1'));
});

test('a late negative answer counts only for the log that asked (rb-15)', t => {
  const server = following([1, 1], 2);
  const asked = { prev: at(1, 2), logGeneration: 0 };
  deliver(server, { prev: at(1, 2), entries: entriesOf([2, 2], 3), sourceLast: at(2, 4) });
  const effects = refuse(server, { ...asked, hint: at(0, 0) });
  t.deepEqual(termsOf(server), [1, 1, 2, 2]);
  t.like(
    sent(effects)[0],
    { type: 'pullEntries', prev: at(2, 4) },
    'it asks anew from where it is',
  );
});

test('a source whose path leads through the follower is dropped', t => {
  const server = following([1, 1], 2);
  deliver(server, {
    prev: at(1, 2),
    entries: [],
    path: [nodeId('n1'), nodeId('n2'), nodeId('n0')],
  });
  t.not(server.pulling.stream?.source, nodeId('n1'));
});

test('a source serves a puller from where the logs match, within its window', t => {
  const server = replica({ terms: Array<number>(60).fill(1) });
  const ask = (body: object, nowMs = 10) =>
    sent(
      receive(
        server,
        nowMs,
        {
          type: 'pullEntries',
          pullId: 5,
          prev: at(1, 10),
          logGeneration: 0,
          consumedBytes: 0,
          windowBytes: 2000,
          ...body,
        },
        fact('n1', { term: 1 }),
      ),
    );
  const batches = ask({}).map(body =>
    body.type === 'pullBatch' ? body.entries.map(({ index }) => index) : [],
  );
  t.is(batches.length, 2, 'two batches of 1,000 bytes fill the window');
  t.is(batches[0]?.[0], 11 as never);
  t.is(batches[1]?.[0], ((batches[0]?.at(-1) ?? 0) + 1) as never);
  t.deepEqual(ask({ consumedBytes: 1000 }).length, 1, 'what was consumed is granted anew');
  t.deepEqual(ask({ consumedBytes: 1000 }).length, 0, 'a repeated grant grants nothing');
});

test('a source that does not hold the entry says where the logs may meet', t => {
  const server = replica({ terms: [1, 1, 3] });
  const [body] = sent(
    receive(
      server,
      10,
      {
        type: 'pullEntries',
        pullId: 5,
        prev: at(2, 3),
        logGeneration: 8,
        consumedBytes: 0,
        windowBytes: 2000,
      },
      fact('n1', { term: 3 }),
    ),
  );
  t.like(body, {
    type: 'pullRefused',
    reason: 'diverged',
    prev: at(2, 3),
    logGeneration: 8,
    hint: at(1, 2),
  });
});
