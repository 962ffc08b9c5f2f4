import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import test from 'ava';
import { listenPatiently } from '../../src/transport/port-patience.ts';

/** An outgoing connection, and what ends it from the other side. */
async function outgoingConnection(): Promise<{ port: number; end: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  const port = client.localPort ?? 0;
  const [peer] = await accepted;
  const end = (): void => {
    // The other side is the first to close: so the port is free at once.
    peer.resetAndDestroy();
    server.close();
  };
  client.on('error', () => undefined);
  return { port, end };
}

const listenOn = (port: number) => (): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise(resolve => {
    const server = createServer().once('error', resolve);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });

test('a port that an outgoing connection has got by chance is waited for', async t => {
  const { port, end } = await outgoingConnection();
  const said: string[] = [];
  await listenPatiently({ host: 'localhost', port }, listenOn(port), {
    retryMs: 0,
    waiting: text => {
      said.push(text);
      end();
    },
  });
  t.deepEqual(said, [`waits for 127.0.0.1:${port}: an outgoing connection has the port`]);
});

test('it is given up after a while, and the sentence says which ports are safe', async t => {
  const { port, end } = await outgoingConnection();
  t.teardown(end);
  await t.throwsAsync(
    listenPatiently({ host: 'localhost', port }, listenOn(port), {
      retryMs: 0,
      outgoingMs: 0,
      waiting: () => undefined,
    }),
    { name: 'StartupError', message: /an outgoing connection .* has the port; choose one below/ },
  );
});

test('a port on which somebody listens is not waited for', async t => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  t.teardown(() => blocker.close());
  const { port } = blocker.address() as AddressInfo;
  await t.throwsAsync(
    listenPatiently({ host: 'localhost', port }, listenOn(port), { retryMs: 0, waiting: t.log }),
    { message: /the port is in use; stop the other program/ },
  );
});
