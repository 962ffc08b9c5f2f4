import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import test from 'ava';
import { EventResponse } from '../../src/gateway/event-response.ts';
import { checkEventResponses } from './event-responses.ts';

test('after its last word nothing is written to a watcher, whether it reads or not', t => {
  t.is(checkEventResponses(), undefined);
});

test('pings and ends to a watcher that does not read anything end no process', async t => {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  t.teardown(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  socket.pause();
  const [, response] = await once(server, 'request');
  const reader = new EventResponse(response, 0);
  reader.write('x'.repeat(8 * 1024 * 1024));
  reader.end('lagging', 'too slow');
  t.notThrows(() => {
    reader.ping();
    reader.end('lagging', 'by a timer of before');
  });
  const closed = once(response, 'close');
  socket.destroy();
  await closed;
  reader.ping();
  t.pass();
});
