import test from 'ava';
import { noPosition } from '../../src/consensus/position.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import type { Effect, Fact, Position, Term } from '../../src/consensus/types.ts';
import {
  at,
  directoryOf,
  entriesOf,
  fact,
  happen,
  hear,
  missLeader,
  moment,
  nodeId,
  ofType,
  persistAll,
  receive,
  replica,
  sent,
  timings,
  told,
} from './fixtures.ts';

const ownFact = (server: Replica): Fact | undefined => server.facts.get(nodeId('n0'))?.fact;
const remembered = (effects: readonly Effect[]): unknown[] =>
  ofType(effects, 'remember').map(({ what }) => what);

/** n0 comes up with two entries of what was more. */
const damaged = (): Replica => replica({ terms: [1, 1], remembered: { isRecovering: true } });

let sequence = 500;

/** n1 leads term 1, and answers a question of n0. */
function answer(
  server: Replica,
  commit: Position,
  fields: { probeMs?: number; from?: string } = {},
) {
  sequence += 1;
  const from = fields.from ?? 'n1';
  const role = from === 'n1' ? 'leader' : 'follower';
  const seen = { term: 1 as Term, round: sequence };
  return receive(
    server,
    60,
    { type: 'heartbeatReply', probeMs: fields.probeMs ?? 50, staleMs: 0, upTo: at(1, 1) },
    fact(from, { term: 1, sequence, role, leader: nodeId('n1'), last: at(1, 9), commit, seen }),
  );
}

/** n0 pulls from n1, as far as n1 holds the log. */
function pull(server: Replica, terms: readonly number[]): Effect[] {
  const { pullId = 0 } = server.pulling.stream ?? {};
  const prev = at(1, server.log.lastIndex);
  receive(
    server,
    70,
    {
      type: 'pullBatch',
      pullId,
      prev,
      entries: entriesOf(terms, prev.index + 1),
      sourceLast: at(1, prev.index + terms.length),
      path: [nodeId('n1')],
    },
    fact('n1', { term: 1, sequence: 501, role: 'leader', leader: nodeId('n1') }),
  );
  return persistAll(server, 80);
}

test('a server that lost a part of its log neither votes nor supports nor campaigns', t => {
  const server = damaged();
  const candidate = { term: 2, role: 'candidate', last: at(9, 9) } as const;
  hear(server, 10, fact('n1', candidate));
  t.is(server.vote, undefined);
  const asking = { term: 2, role: 'preCandidate', last: at(9, 9) } as const;
  hear(server, 20, fact('n2', asking));
  t.is(server.election.support, undefined);
  const transferee = {
    term: 2,
    role: 'leader',
    leader: nodeId('n1'),
    transferee: nodeId('n0'),
  } as const;
  hear(server, 30, fact('n1', { ...transferee, sequence: 2 }));
  t.deepEqual(ofType(missLeader(server, 5000), 'persistVote'), []);
  t.is(server.role, 'follower');
});

test('it says that nothing of its log is durable', t => {
  const server = damaged();
  hear(server, 10, fact('n1', { term: 1 }));
  t.deepEqual(ownFact(server)?.durable, noPosition);
  t.deepEqual(ownFact(server)?.last, at(1, 2));
  t.true(ownFact(server)?.isRecovering);
});

test('it counts again when it holds on its disk what the leader had committed at its answer', t => {
  const server = damaged();
  answer(server, at(1, 4));
  t.deepEqual(server.recovery.target, at(1, 4));
  t.deepEqual(remembered(pull(server, [1])), [], 'three of four');
  receive(server, 90, { type: 'updatePositionReply' }, fact('n1', { term: 1 }));
  const effects = pull(server, [1]);
  t.deepEqual(remembered(effects), [{ isRecovering: false }]);
  t.deepEqual(
    told(effects).filter(type => type === 'logRecovered'),
    ['logRecovered'],
  );
  const kinds = effects.map(({ type }) => type);
  t.true(kinds.indexOf('remember') < kinds.indexOf('send'), 'durable before anybody counts it');
  t.deepEqual(ownFact(server)?.durable, at(1, 4));
});

test('a log that ends before what was known to be committed has lost a part', t => {
  const short = replica({ terms: [1, 1], remembered: { committed: at(1, 3) } });
  t.true(short.recovery.isRecovering);
  const whole = replica({ terms: [1, 1, 1], remembered: { committed: at(1, 2) } });
  t.false(whole.recovery.isRecovering);
  t.deepEqual(whole.commit, at(1, 2), 'and what was committed is so still');
});

test('what is committed is written down now and then', t => {
  const server = replica({ terms: [1, 1, 1] });
  hear(server, 10, fact('n1', { term: 1, commit: at(1, 2) }));
  const beat = (nowMs: number): unknown[] => {
    server.heartbeatDeadline = moment(nowMs);
    server.election.deadline = moment(nowMs + 1);
    return remembered(happen(server, nowMs, { type: 'tick' }));
  };
  t.deepEqual(beat(100), []);
  const laterMs = 10 * timings.electionTimeoutMs;
  t.deepEqual(beat(laterMs), [{ committed: at(1, 2) }]);
  t.deepEqual(beat(2 * laterMs), [], 'it has not moved');
});

/** n1 knows of n0 what it said in an earlier boot. */
const earlier = (fields: Partial<Fact>): Fact =>
  fact('n0', { incarnation: 0, sequence: 9, ...fields, term: 1 });

test('a server that others know to have held more has lost a part of its log', t => {
  const server = replica({ terms: [1, 1] });
  const effects = hear(server, 10, fact('n1', { term: 1 }), earlier({ durable: at(1, 3) }));
  t.deepEqual(remembered(effects), [{ isRecovering: true }]);
  t.true(told(effects).includes('logLost'));
  t.true(server.recovery.isRecovering);
});

test('what it has removed itself is not lost', t => {
  const server = replica({ terms: [1, 1], remembered: { removedFrom: at(1, 3) } });
  hear(server, 10, fact('n1', { term: 1 }), earlier({ durable: at(1, 4) }));
  t.false(server.recovery.isRecovering);
  hear(server, 20, fact('n1', { term: 2, sequence: 2 }), earlier({ durable: at(2, 3) }));
  t.true(server.recovery.isRecovering, 'but what was written after that is');
});

test('a removal is remembered before it happens', t => {
  const server = replica({ terms: [1, 2, 2] });
  hear(server, 10, fact('n1', { term: 3, role: 'leader', leader: nodeId('n1') }));
  server.pulling.stream = undefined;
  receive(
    server,
    20,
    { type: 'heartbeatReply', probeMs: 10, staleMs: undefined, upTo: at(0, 0) },
    fact('n1', { term: 3, sequence: 2, role: 'leader', leader: nodeId('n1'), last: at(3, 2) }),
  );
  const effects = receive(
    server,
    30,
    {
      type: 'pullBatch',
      pullId:
        server.pulling.stream === undefined
          ? 0
          : (server.pulling.stream as { pullId: number }).pullId,
      prev: at(1, 1),
      entries: entriesOf([3], 2),
      sourceLast: at(3, 2),
      path: [nodeId('n1')],
    },
    fact('n1', { term: 3, sequence: 3, role: 'leader', leader: nodeId('n1') }),
  );
  const kinds = effects.map(({ type }) => type);
  t.deepEqual(remembered(effects), [{ removedFrom: at(2, 2) }]);
  t.true(kinds.indexOf('remember') < kinds.indexOf('truncate'));
});

test('a directory that is an older copy stops the server before it answers a candidate', t => {
  const candidate = fact('n1', { term: 2, role: 'candidate', last: at(9, 9) });
  for (const newer of [
    { incarnation: 2, sequence: 1 },
    { incarnation: 1, sequence: 99 },
  ]) {
    const effects = hear(replica({ term: 1 }), 10, candidate, fact('n0', { ...newer, term: 2 }));
    t.regex(ofType(effects, 'halt')[0]?.reason ?? '', /put back from an older copy/);
    t.deepEqual(ofType(effects, 'persistVote'), []);
  }
  const another = fact('n0', { incarnation: 9, directoryId: directoryOf('another') });
  t.deepEqual(ofType(hear(replica({ term: 1 }), 20, candidate, another), 'halt'), []);
});

test('whoever speaks to a server tells it what it knows of it, until that shows that it knows', t => {
  const server = replica({ term: 1 });
  const tellsOfN1 = (effects: readonly Effect[]): boolean[] =>
    ofType(effects, 'send')
      .filter(({ message }) => message.envelope.to === 'n1')
      .map(({ message }) => message.envelope.facts.some(({ fact: { owner } }) => owner === 'n1'));
  const known = fact('n1', { term: 1, incarnation: 3, sequence: 7 });
  hear(server, 10, fact('n2', { term: 1 }), known);
  const connect = (nowMs: number): Effect[] =>
    happen(server, nowMs, { type: 'connected', peer: nodeId('n1') });
  t.deepEqual(tellsOfN1(connect(20)), [true]);
  hear(server, 30, fact('n1', { term: 1, incarnation: 2, sequence: 8 }));
  t.deepEqual(tellsOfN1(connect(35)), [true], 'an older boot has shown nothing');
  const shown = hear(server, 40, fact('n1', { term: 1, incarnation: 3, sequence: 8 }));
  t.deepEqual(tellsOfN1(shown), [false]);
  t.deepEqual(tellsOfN1(connect(50)), [true], 'a new connection may lead to another process');
  t.true(sent(shown).length > 0);
});

test('when a majority has lost its logs, that is said, with what to do', t => {
  const server = damaged();
  const beat = (nowMs: number): string[] => {
    server.heartbeatDeadline = moment(nowMs);
    return told(happen(server, nowMs, { type: 'tick' }));
  };
  t.false(beat(100).includes('majorityLost'));
  hear(server, 150, fact('n2', { term: 1, isRecovering: true }));
  t.true(beat(200).includes('majorityLost'));
  t.false(beat(300).includes('majorityLost'), 'once');
});

test('a server stops rather than remove what it knows to be committed', t => {
  const server = replica({ terms: [1, 1, 1], remembered: { committed: at(1, 3) } });
  const leader = { term: 2, role: 'leader', leader: nodeId('n1') } as const;
  receive(
    server,
    10,
    { type: 'heartbeatReply', probeMs: 5, staleMs: undefined, upTo: at(0, 0) },
    fact('n1', { ...leader, last: at(2, 3) }),
  );
  const pullId = server.pulling.stream?.pullId ?? 0;
  const effects = receive(
    server,
    20,
    {
      type: 'pullBatch',
      pullId,
      prev: at(1, 2),
      entries: entriesOf([2], 3),
      sourceLast: at(2 as Term, 3),
      path: [nodeId('n1')],
    },
    fact('n1', { ...leader, sequence: 2, last: at(2, 3) }),
  );
  t.regex(ofType(effects, 'halt')[0]?.reason ?? '', /lost or altered data/);
  t.deepEqual(ofType(effects, 'truncate'), []);
});
