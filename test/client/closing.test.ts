import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import test from 'ava';
import { ClusterClient } from '../../src/client/cluster-client.ts';
import { keyRange } from '../../src/machines/keys/key-range.ts';
import { encodeAnswer } from '../../src/machines/query.ts';
import { startGrpcServer } from '../../src/transport/grpc-server.ts';
import { ClientToServer } from '../../src/transport/proto-definitions.ts';
import { freePorts } from '../fixtures/free-ports.ts';

const nothing = { items: [], next: undefined, isMore: false, count: 0, revision: 0, oldest: 0 };
const emptyPage = {
  fields: encodeAnswer('keys.range', nothing),
  view: { server: 'n0', term: 1, appliedIndex: 1, knownCommitIndex: 1 },
  consistency: 'CONSISTENCY_LEASE',
};

type Answer = (error: null, reply: object) => void;

/** A leader that takes every session, and then says nothing. */
async function silentLeader(
  subscribed: () => void,
): Promise<{ port: number; sessions: () => number; close: () => Promise<void> }> {
  const [port = 0] = await freePorts(1);
  let sessionCount = 0;
  const implementation = {
    openSession: (_: unknown, answer: Answer) => {
      sessionCount += 1;
      answer(null, { sessionId: sessionCount });
    },
    ackEntries: (call: ServerWritableStream<unknown, object>) => {
      call.write({ acks: [] });
      subscribed();
    },
    putEntries: (call: ServerDuplexStream<unknown, unknown>) => call.resume(),
    query: (_: unknown, answer: Answer) => answer(null, { answer: emptyPage }),
  };
  const services = [{ definition: ClientToServer.service, implementation }];
  const server = await startGrpcServer({ host: '127.0.0.1', port }, services);
  return { port, sessions: () => sessionCount, close: () => server.close() };
}

const clientAt = (port: number, connectsAtOnce: boolean): ClusterClient =>
  new ClusterClient({
    clusterName: 'test',
    servers: [{ id: 'n0', host: '127.0.0.1', port }],
    pendingMaxBytes: 1000,
    stallMs: 1000,
    connectsAtOnce,
  });

test('a client that is closed while it connects ends quietly, at whatever moment', async t => {
  let subscribed = (): void => undefined;
  const leader = await silentLeader(() => subscribed());
  t.teardown(leader.close);
  const turnsMax = 60;
  for (let turns = 0; turns < turnsMax; turns += 1) {
    const isSubscribed = new Promise<void>(resolve => {
      subscribed = resolve;
    });
    const client = clientAt(leader.port, true);
    await isSubscribed;
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    client.close();
  }
  t.is(leader.sessions(), turnsMax);
});

test('a client that only reads opens no session', async t => {
  const leader = await silentLeader(() => undefined);
  t.teardown(leader.close);
  const client = clientAt(leader.port, false);
  await client.query('keys.range', keyRange({ limit: 1 }), { consistency: 'lease' }, 5000);
  client.close();
  t.is(leader.sessions(), 0);
});
