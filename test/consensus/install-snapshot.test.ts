import test from 'ava';
import { holds, lastPosition, termAt } from '../../src/consensus/log.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import type {
  Effect,
  LogIndex,
  MessageBody,
  Position,
  PullRefused,
} from '../../src/consensus/types.ts';
import {
  at,
  fact,
  happen,
  hear,
  makeLeader,
  nodeId,
  ofType,
  persistAll,
  receive,
  replica,
  sent,
} from './fixtures.ts';

/** n0 follows n1, the leader of term 5, which refuses what n0 has asked for. */
function refusedBy(server: Replica, reason: PullRefused['reason']): Effect[] {
  const leader = fact('n1', { term: 5, role: 'leader', sequence: 9, durable: at(5, 900) });
  hear(server, 10, { ...leader, leader: nodeId('n1'), seen: { term: leader.term, round: 3 } });
  receive(
    server,
    11,
    { type: 'heartbeatReply', probeMs: 10, staleMs: undefined, upTo: at(0, 0) },
    leader,
  );
  const {
    pulling: { stream: pull },
    log,
  } = server;
  if (pull === undefined) throw new Error('n0 pulls from its leader');
  const refusal: PullRefused = {
    type: 'pullRefused',
    pullId: pull.pullId,
    prev: pull.askedPrev,
    logGeneration: log.generation,
    reason,
    sourceLast: at(5, 900),
    hint: at(5, 900),
  };
  return receive(server, 12, refusal, leader);
}

const isTooOld = (body: MessageBody): boolean =>
  body.type === 'pullRefused' && body.reason === 'tooOld';

const fetched = (server: Replica, nowMs: number, position: Position | undefined): Effect[] =>
  happen(server, nowMs, { type: 'snapshotFetched', position });

test('who is too far behind gets a snapshot, and pulls nothing meanwhile', t => {
  const server = replica({ terms: [1, 1, 1] });
  const effects = refusedBy(server, 'tooOld');
  t.deepEqual(ofType(effects, 'fetchSnapshot'), [{ type: 'fetchSnapshot', source: nodeId('n1') }]);
  t.is(server.pulling.stream, undefined);
  happen(server, 50, { type: 'tick' });
  t.is(server.pulling.stream, undefined);
});

test('a snapshot ahead of the log begins it anew, in another generation', t => {
  const server = replica({ terms: [1, 1, 1] });
  refusedBy(server, 'tooOld');
  const effects = fetched(server, 100, at(4, 800));
  const kinds = effects.map(({ type }) => type).filter(type => /Log|Snapshot/.test(type));
  t.deepEqual(kinds, ['resetLog', 'loadSnapshot']);
  t.deepEqual(lastPosition(server.log), at(4, 800));
  t.deepEqual(server.commit, at(4, 800));
  t.is(server.durableIndex, 800 as LogIndex);
  t.is(server.log.generation, 1);
  t.is(termAt(server.log, 799), undefined, 'nothing is known of what lies before');
  t.deepEqual(server.pulling.stream?.askedPrev, at(4, 800), 'it goes on from there');
});

test('a log that holds the position durably is kept, with what comes after it', t => {
  const server = replica({ terms: [1, 1, 1, 1] });
  refusedBy(server, 'tooOld');
  const effects = fetched(server, 100, at(1, 2));
  t.is(ofType(effects, 'resetLog').length, 0);
  t.is(ofType(effects, 'loadSnapshot').length, 1);
  t.deepEqual(lastPosition(server.log), at(1, 4));
  t.deepEqual(server.commit, at(1, 2));
});

test('a source without a snapshot is left alone for a while', t => {
  const server = replica({ terms: [1] });
  refusedBy(server, 'tooOld');
  fetched(server, 100, undefined);
  t.is(server.pulling.stream, undefined);
  t.true(server.pulling.deniedSources.has(nodeId('n1')));
});

test('a source refuses what it has cut off, also under an open stream', t => {
  const server = replica();
  makeLeader(server, 1000);
  const proposals = Array.from({ length: 9 }, (_, id) => ({ id, payload: new Uint8Array(900) }));
  happen(server, 1010, { type: 'propose', proposals, wallMs: 1 as never });
  persistAll(server, 1020);
  const { term } = server;
  const follower = fact('n1', { term, sequence: 300, durable: at(term, 10) });
  const pull = { type: 'pullEntries', logGeneration: 0, consumedBytes: 0 } as const;
  const slow = { ...pull, pullId: 1, prev: at(0, 0), windowBytes: 1 };
  receive(server, 1030, slow, fact('n2', { term, sequence: 300 }));
  hear(server, 1040, follower);
  t.is(server.commit.index, 10 as LogIndex);
  happen(server, 1050, { type: 'applied', index: 10 as LogIndex, commandLevel: 1 });
  const effects = happen(server, 1060, { type: 'compacted', baseIndex: 8 as LogIndex });
  t.true(sent(effects).some(isTooOld));
  t.is(server.pullers.size, 0);
  t.true(holds(server.log, at(term, 8)), 'the base itself is known');
  t.false(holds(server.log, at(term, 7)));
  const late = receive(server, 1070, { ...slow, pullId: 2 }, fact('n2', { term, sequence: 301 }));
  t.true(sent(late).some(isTooOld));
  const near = { ...slow, pullId: 3, prev: at(term, 8) };
  const served = receive(server, 1080, near, fact('n2', { term, sequence: 302 }));
  t.true(sent(served).some(body => body.type === 'pullBatch' && body.entries.length > 0));
});
