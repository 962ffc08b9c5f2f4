import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import test from 'ava';
import { type ClusterError, connect, type TransactAnswer } from '../../src/client/index.ts';
import { append, only } from '../fixtures/commands.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

const asText = { 'content-type': 'text/plain' };
const aheadMs = 25 * 60 * 60 * 1000;
/** A process with this flag believes that it is tomorrow. */
const isAhead = `--import=data:text/javascript,const now=Date.now;Date.now=()=>now()+${aheadMs}`;

const transferTo = (cluster: TestCluster, id: string): Promise<string> =>
  until(`${id} leads`, async () => {
    const leader = await cluster.leader();
    if (leader === id) return id;
    await cluster.send('POST', '/v1/leader/transfer', JSON.stringify({ to: id }));
    return undefined;
  });

test.serial(
  'a leader whose clock is 25 hours ahead stops no time, and ages nothing by a day',
  async t => {
    const cluster = await TestCluster.create(t);
    cluster.startServer('n0', [isAhead]);
    cluster.startServer('n1');
    cluster.startServer('n2');
    cluster.startClient();
    await transferTo(cluster, 'n1');
    const named = { 'idempotency-key': 'order 66' };
    const first = await cluster.put([{ order: 66 }], named);
    t.is(first.headers.get('idempotency-window-seconds'), String(24 * 60 * 60));
    await transferTo(cluster, 'n0');
    const ttl = { method: 'PUT', path: '/v1/kv/soon?ttl=2' } as const;
    t.is((await cluster.send(ttl.method, ttl.path, 'gone', asText)).status, 201);
    t.is((await cluster.send('POST', '/v1/locks/l/acquire', '{"holder":"x","ttl":2}')).status, 200);
    await transferTo(cluster, 'n2');
    // The time in which nobody led comes on top, and no day.
    await until('the key is gone', async () => {
      const { status } = await cluster.send('GET', '/v1/kv/soon');
      return status === 404;
    });
    await until('another gets the lock', async () => {
      const { status } = await cluster.send(
        'POST',
        '/v1/locks/l/acquire',
        '{"holder":"y","ttl":2}',
      );
      return status === 200;
    });
    const again = await cluster.put([{ order: 66 }], named);
    t.is(again.headers.get('idempotent-replayed'), 'true');
    t.is(again.body['first'], first.body['first']);
  },
);

test.serial(
  'without room for idempotency keys new ones get 429, and none counts twice',
  async t => {
    const mebibyte = 1024 * 1024;
    // With what was answered, a key takes 76 bytes.
    const wanted = mebibyte / 64;
    const cluster = await TestCluster.start(t, { limits: { idempotencyMaxBytes: mebibyte } });
    const client = connect({ config: join(cluster.folder, 'client.json') });
    t.teardown(async () => client.close());
    const post = (name: string, timeoutMs = 30_000): Promise<TransactAnswer> => {
      const idempotency = { key: name, fingerprint: 'empty' };
      return client.transact(only(append(randomUUID(), 1, '[{}]')), { timeoutMs, idempotency });
    };
    const codes = new Map<string, number>();
    let next = 0;
    const poster = async (): Promise<void> => {
      while (next < wanted) {
        next += 1;
        const code = await post(`key ${next}`).then(
          () => 'done',
          (error: ClusterError) => error.code,
        );
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 500 }, poster));
    const room = codes.get('done') ?? 0;
    t.true(room > mebibyte / 80 && room < mebibyte / 70, `${room}`);
    t.deepEqual(Object.fromEntries(codes), { done: room, idempotencyFull: next - room });

    const refused = await cluster.put([{ the: 'next' }], { 'idempotency-key': 'the next' });
    t.is(refused.status, 429);
    t.like(refused.body, { code: 'idempotencyFull', outcome: 'rejected' });
    t.is((await cluster.put([{ without: 'a key' }])).body['first'], room + 1);
    const { result, isReplay } = await post('key 1');
    t.true(isReplay);
    t.like(result.type === 'done' ? result.answers[0] : undefined, { first: 1, last: 1 });
    const { body: metrics } = await cluster.send('GET', '/metrics');
    const leader = await cluster.leader();
    const figureOf = (name: string): string | undefined =>
      new RegExp(`idempotency_${name}{server="${leader}"} (.*)`).exec(metrics)?.[1];
    t.is(figureOf('keys'), String(room));
    t.true(Number(figureOf('bytes')) > 0.99 * mebibyte);
    t.true(Number(figureOf('bytes')) <= mebibyte);
    t.is(figureOf('window_seconds'), '86400');
  },
);
