import { credentials } from '@grpc/grpc-js';
import test from 'ava';
import { append } from '../../src/consensus/appending.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import type { Entry, PullBatch } from '../../src/consensus/types.ts';
import type { ClientToServerHandlers } from '../../src/transport/generated/gossipraft/ClientToServer.ts';
import type { ServerToServerHandlers } from '../../src/transport/generated/gossipraft/ServerToServer.ts';
import { startGrpcServer } from '../../src/transport/grpc-server.ts';
import { Assembly, wholeMaxBytes } from '../../src/transport/pieces.ts';
import { ClientToServer, ServerToServer } from '../../src/transport/proto-definitions.ts';
import { readPullReply, writePullReply } from '../../src/transport/wire-messages.ts';
import { at, entriesOf, moment, replica } from '../consensus/fixtures.ts';
import { freePorts } from '../fixtures/free-ports.ts';
import { until } from '../fixtures/until.ts';

/* Over real connections: what counts is on whose memory the bytes of a message lie. */

const host = '127.0.0.1';
const messageCount = 1000;
const payloadOf = (bytes: number): Buffer => Buffer.alloc(bytes, 'x');

const appendTo = (server: Replica, entries: readonly Entry[]): void =>
  append(server, { now: moment(0), effects: [], outbox: [] }, entries);

/** Memory that the newest entries keep from being used for anything else. */
function heldBytes({ log }: Replica): number {
  const buffers = new Set(log.tail.map(entry => entry.payload.buffer));
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

test('commands of clients hold no more memory at the leader than they have bytes', async t => {
  const server = replica({ term: 1 });
  const PutEntries: ClientToServerHandlers['PutEntries'] = call => {
    call.on('data', ({ commands, requestId }: { commands: Buffer[]; requestId: number }) => {
      const first = server.log.lastIndex + 1;
      const entries = entriesOf(
        commands.map(() => 1),
        first,
      );
      appendTo(
        server,
        entries.map((entry, place) => ({ ...entry, payload: commands[place] ?? payloadOf(0) })),
      );
      call.write({ requestId, accepted: at(1, first) });
    });
    call.on('end', () => call.end());
  };
  const [port = 0] = await freePorts(1);
  const grpc = await startGrpcServer({ host, port }, [
    { definition: ClientToServer.service, implementation: { PutEntries } },
  ]);
  t.teardown(() => grpc.close());
  const client = new ClientToServer(`${host}:${port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const stream = client.putEntries();
  stream.on('error', () => undefined);
  // One after the other, as they come from one client.
  const write = (requestId: number): void => {
    const commands = requestId % 2 === 0 ? [payloadOf(300)] : [payloadOf(40), payloadOf(900)];
    if (requestId <= messageCount) stream.write({ clusterName: 'test', requestId, commands });
  };
  stream.on('data', ({ requestId }) => write(requestId + 1));
  write(1);
  await until('all are there', () => server.log.lastIndex === 1.5 * messageCount);
  t.true(heldBytes(server) <= 1.25 * server.log.tailBytes);
});

test('what a follower has pulled holds no more memory there than it has bytes', async t => {
  const server = replica({ term: 1 });
  const PullEntries: ServerToServerHandlers['PullEntries'] = call => {
    for (let index = 1; index <= messageCount; index += 1) {
      const [entry] = entriesOf([1], index);
      if (entry === undefined) return;
      const batch: PullBatch = {
        type: 'pullBatch',
        pullId: 1,
        prev: at(1, index - 1),
        entries: [{ ...entry, payload: payloadOf(300) }],
        sourceLast: at(1, index),
        path: [],
      };
      for (const part of writePullReply(batch)) call.write({ envelope: null, ...part });
    }
    call.end();
  };
  const [port = 0] = await freePorts(1);
  const grpc = await startGrpcServer({ host, port }, [
    { definition: ServerToServer.service, implementation: { PullEntries } },
  ]);
  t.teardown(() => grpc.close());
  const client = new ServerToServer(`${host}:${port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const stream = client.pullEntries();
  const assembly = new Assembly({ usedBytes: 0, maxBytes: wholeMaxBytes });
  stream.on('data', reply => {
    const body = readPullReply(reply, assembly);
    if (body.type === 'pullBatch') appendTo(server, body.entries);
  });
  await until('all are there', () => server.log.lastIndex === messageCount);
  t.true(heldBytes(server) <= 1.25 * server.log.tailBytes);
});
