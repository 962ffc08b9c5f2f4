import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import test from 'ava';
import { createDoor, type DoorLimits, doorLimits } from '../../src/gateway/door.ts';
import { until } from '../fixtures/until.ts';

/* The HTTP door alone: what comes in is written by hand. */

type Owner = { teardown(run: () => void): unknown };

async function listen(t: Owner, server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

const door = (t: Owner, limits: Partial<DoorLimits> = {}): Promise<number> =>
  listen(
    t,
    createDoor((_, response) => response.end('served'), { ...doorLimits, ...limits }),
  );

/** A connection that keeps what it hears. */
class Line {
  readonly socket: Socket;
  heard = '';
  isOver = false;

  constructor(t: Owner, port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('utf8').on('data', chunk => {
      this.heard += chunk;
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isOver = true;
    });
    t.teardown(() => this.socket.destroy());
  }

  get problem(): Record<string, unknown> {
    return JSON.parse(this.heard.slice(this.heard.indexOf('\r\n\r\n') + 4));
  }
}

const get = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n';

const framing: readonly (readonly [title: string, sent: string, status: number, code: string])[] = [
  ['no HTTP at all', 'hello there\r\n\r\n', 400, 'badRequest'],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'badRequest'],
  ['an unknown method', 'FLY / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'badRequest'],
  ['a space before the colon', `${get}X : 1\r\n\r\n`, 400, 'badRequest'],
  ['two lengths', `${get}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400, 'badRequest'],
  [
    'a length and chunks',
    `${get}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
    'badRequest',
  ],
  ['large headers', `${get}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headersTooLarge'],
];

for (const [title, sent, status, code] of framing) {
  test(`what is no request is answered as a problem: ${title}`, async t => {
    const line = new Line(t, await door(t));
    line.socket.write(sent, 'latin1');
    await until('it is answered and closed', () => line.isOver);
    t.regex(line.heard, new RegExp(`^HTTP/1.1 ${status} `));
    t.regex(line.heard, /\r\nContent-Type: application\/problem\+json\r\n/);
    t.regex(line.heard, /\r\nX-Content-Type-Options: nosniff\r\n/);
    t.like(line.problem, { status, code, outcome: 'rejected' });
    t.true(String(line.problem['hint']).length > 10);
  });
}

test('headers that do not come are not waited for', async t => {
  const port = await door(t, { headersTimeoutMs: 300 });
  const startedAt = performance.now();
  const lines = Array.from({ length: 20 }, () => new Line(t, port));
  for (const { socket } of lines) socket.write(get);
  await until('all are turned away', () => lines.every(({ isOver }) => isOver));
  // Node looks every 30 s unless it is told to look more often.
  t.true(performance.now() - startedAt < 10_000);
  for (const line of lines) t.like(line.problem, { status: 408, code: 'requestTimeout' });
});

test('a connection on which nothing moves is closed', async t => {
  const port = await listen(
    t,
    createDoor((_, response) => response.write('a part'), { ...doorLimits, silenceMs: 300 }),
  );
  const line = new Line(t, port);
  line.socket.write(`${get}\r\n`);
  await until('it is closed', () => line.isOver);
  t.regex(line.heard, /a part/);
});

test('connections are bounded: one too many is told so, and others find room again', async t => {
  const port = await door(t, { connectionsMax: 5 });
  const lines = Array.from({ length: 5 }, () => new Line(t, port));
  for (const { socket } of lines) socket.write(`${get}\r\n`);
  await until('five are served', () => lines.every(({ heard }) => heard.includes('served')));
  const late = new Line(t, port);
  late.socket.write(`${get}\r\n`);
  await until('the sixth is turned away', () => late.isOver);
  t.regex(late.heard, /^HTTP\/1.1 503 /);
  t.regex(late.heard, /Retry-After: 1\r\n/);
  t.regex(late.heard, /"tooManyConnections"/);
  const silent = new Line(t, port);
  await until('who says nothing is closed, too', () => silent.isOver);
  lines[0]?.socket.destroy();
  await until('there is room again', async () => {
    const next = new Line(t, port);
    next.socket.write(`${get}\r\n`);
    await until('it is answered', () => next.heard.length > 0);
    return next.heard.includes('served');
  });
});

test('a flood of connections leaves the door with no more than it can hold', async t => {
  const server = createDoor((_, response) => response.end('served'), {
    ...doorLimits,
    connectionsMax: 10,
  });
  const port = await listen(t, server);
  const lines = Array.from({ length: 500 }, () => new Line(t, port));
  const count = (): Promise<number> =>
    new Promise(resolve => server.getConnections((_, open) => resolve(open)));
  let most = 0;
  await until('all but ten are gone', async () => {
    most = Math.max(most, await count());
    return lines.filter(({ isOver }) => !isOver).length <= 10;
  });
  t.true(most <= 10 + 64, `${most} at a time`);
  t.is(await count(), 10);
});
