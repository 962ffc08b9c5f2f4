import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import test, { type ExecutionContext } from 'ava';
import type { Endpoint } from '../../src/addresses.ts';
import { streamsMax } from '../../src/transport/channel-options.ts';
import type { ServerToServerHandlers } from '../../src/transport/generated/gossipraft/ServerToServer.ts';
import { type GrpcServerOptions, startGrpcServer } from '../../src/transport/grpc-server.ts';
import { ServerToServer } from '../../src/transport/proto-definitions.ts';
import { freePorts } from '../fixtures/free-ports.ts';
import { until } from '../fixtures/until.ts';

const host = '127.0.0.1';

/** A server that counts the heartbeat streams that are open to it. */
async function countingServer(t: ExecutionContext, options: GrpcServerOptions = {}) {
  const [port = 0] = await freePorts(1);
  const open = new Set<unknown>();
  const Heartbeat: ServerToServerHandlers['Heartbeat'] = call => {
    open.add(call);
    call.on('cancelled', () => open.delete(call));
    call.on('error', () => open.delete(call));
  };
  const refusals: string[] = [];
  const server = await startGrpcServer(
    { host, port },
    [{ definition: ServerToServer.service, implementation: { Heartbeat } }],
    { refused: (_, reason) => refusals.push(reason), ...options },
  );
  t.teardown(() => server.close());
  return { server, port, open, refusals };
}

function clientOf(t: ExecutionContext, port: number) {
  const client = new ServerToServer(`${host}:${port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  t.teardown(() => client.close());
  const openStream = () => {
    const stream = client.heartbeat();
    stream.on('error', () => undefined);
    return stream;
  };
  return openStream;
}

async function socketTo(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connect(port, host);
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const isClosed = (socket: Socket) => until('the connection is closed', () => socket.closed);

test('a port that is in use is tried again until it is free', async t => {
  const [port = 0] = await freePorts(1);
  const other = createServer().listen(port, host);
  await once(other, 'listening');
  const starting = startGrpcServer({ host, port }, [], { retryMs: 20_000 });
  const first = await Promise.race([starting, once(other, 'error'), settledAfter(300)]);
  t.is(first, undefined);
  other.close();
  const server = await starting;
  const socket = await socketTo(t, port);
  await server.close();
  await isClosed(socket);
});

const settledAfter = (ms: number): Promise<undefined> =>
  new Promise(resolve => setTimeout(() => resolve(undefined), ms));

test('a port that stays in use is given up with a sentence, and taken once it is free', async t => {
  const { server } = await countingServer(t);
  const [port = 0] = await freePorts(1);
  const other = createServer().listen(port, host);
  await once(other, 'listening');
  const place: Endpoint = { host, port };
  const message = new RegExp(`^cannot listen on ${host}:${port}: the port is in use; `);
  await t.throwsAsync(server.listen(place), { name: 'StartupError', message });
  await once(other.close(), 'close');
  await server.listen(place);
  await socketTo(t, port);
});

test('connections beyond the limit are turned away, and those before them go on', async t => {
  const { port, open, refusals } = await countingServer(t, { connectionsMax: 3 });
  const openStream = clientOf(t, port);
  openStream();
  await until('one is served', () => open.size === 1);
  const two = [await socketTo(t, port), await socketTo(t, port)];
  const late = await Promise.all(Array.from({ length: 20 }, () => socketTo(t, port)));
  await Promise.all(late.map(isClosed));
  await until('all are told of', () => refusals.length === late.length);
  t.true(refusals.every(reason => reason === '3 connections are open already'));
  openStream();
  await until('the first one goes on', () => open.size === 2);
  for (const socket of two) socket.destroy();
});

test('who says nothing, or speaks something else, is turned away with a reason', async t => {
  const { port, refusals } = await countingServer(t, { greetingMs: 200 });
  const silent = await socketTo(t, port);
  const slow = await socketTo(t, port);
  slow.write('PRI * HTTP');
  const web = await socketTo(t, port);
  web.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const tls = await socketTo(t, port);
  tls.write(Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), Buffer.alloc(32)]));
  await Promise.all([silent, slow, web, tls].map(isClosed));
  const count = (reason: string) => refusals.filter(text => text === reason).length;
  t.is(count('connected, and said nothing that this port understands'), 2);
  t.is(count('speaks another protocol than gRPC without encryption'), 2);
  t.is(refusals.length, 4);
});

test('streams of one connection beyond the limit wait until others end', async t => {
  const { port, open } = await countingServer(t);
  const openStream = clientOf(t, port);
  openStream();
  await until('the limit is known', () => open.size === 1);
  const streams = Array.from({ length: streamsMax + 19 }, openStream);
  await until('as many as may be', () => open.size === streamsMax);
  await settledAfter(200);
  t.is(open.size, streamsMax);
  for (const stream of streams.slice(0, 20)) stream.cancel();
  await until('those that waited', () => open.size === streamsMax);
  await settledAfter(200);
  t.is(open.size, streamsMax);
});

test('a place that is left takes nobody, and lets go of those who are in', async t => {
  const { server, port, open } = await countingServer(t);
  const [second = 0] = await freePorts(1);
  await server.listen({ host, port: second });
  const stays = clientOf(t, second)();
  const goes = clientOf(t, port)();
  await until('both are served', () => open.size === 2);
  const ended = once(goes, 'error');
  server.leave({ host, port });
  await ended;
  await until('one is left', () => open.size === 1);
  const refused = connect(port, host);
  const [error] = await once(refused, 'error');
  t.is((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  stays.cancel();
});

test('a server that is closed lets go of everybody', async t => {
  const { server, port, open } = await countingServer(t);
  const ended = once(clientOf(t, port)(), 'error');
  await until('it is served', () => open.size === 1);
  await server.close();
  await ended;
  await until('nobody is left', () => open.size === 0);
  t.is(open.size, 0);
});
