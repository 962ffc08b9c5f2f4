import test from 'ava';
import { routes } from '../../src/gateway/app.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

/* What somebody reads who does not know whether a write has had its effect. */

const json = { 'content-type': 'application/json' };
const ours = { 'x-gossip-raft': '1' };

type Case = readonly [
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
  hint: RegExp,
];

const cases: readonly Case[] = [
  ['POST', '/put_all', json, '[{}]', /\/v1\/batches.*Idempotency-Key/],
  ['POST', '/put_key', json, '{}', /\/v1\/batches.*Idempotency-Key/],
  ['PUT', '/v1/kv/a', {}, 'x', /Read the key/],
  ['DELETE', '/v1/kv/a', {}, undefined, /Read the key/],
  ['POST', '/v1/kv/a/incr', ours, undefined, /Read the key before you repeat it.*counts twice/],
  ['POST', '/v1/txn', json, '{"then":[{"op":"incr","key":"a"}]}', /before you repeat it/],
  ['PUT', '/v1/members/n3', json, '{"address":"localhost:1"}', /changes nothing more/],
  ['POST', '/v1/leader/transfer', json, undefined, /shows who leads/],
  ['POST', '/v1/locks/l/acquire', json, '{"holder":"me","ttl":10}', /as the same holder/],
  ['POST', '/v1/leases/keepalive', json, '{"leases":[1]}', /Keep them alive again/],
  ['POST', '/v1/leases/1/keepalive', ours, undefined, /Keep it alive again/],
  ['POST', '/v1/leases', json, '{"ttlMs":10000}', /ends by itself/],
  ['DELETE', '/v1/leases/7', {}, undefined, /"revoked": false says/],
  ['DELETE', '/v1/kv?prefix=a', {}, undefined, /count_only.*delete them again/],
  ['POST', '/v1/kv/compact', json, '{"revision":1}', /stays forgotten/],
  ['POST', '/v1/locks/l/release', json, '{"token":1}', /staleToken says that it is done/],
];

test('the hint of an open outcome fits its request', async t => {
  const cluster = await TestCluster.start(t, { count: 1, timing: 'default' });
  for (const [method, path, headers, sent, hint] of cases) {
    await until('its streams are open', async () => (await cluster.put([{}])).status === 200);
    // It takes what is sent, and says nothing more.
    cluster.signal('n0', 'SIGSTOP');
    const asked = { ...headers, 'x-deadline-ms': '300' };
    const { status, body, headers: answered } = await cluster.send(method, path, sent, asked);
    cluster.signal('n0', 'SIGCONT');
    const problem = JSON.parse(body);
    t.is(status, 504, `${method} ${path}: ${body}`);
    t.regex(answered.get('content-type') ?? '', /^application\/problem\+json/);
    t.like(problem, { code: 'outcomeUnknown', outcome: 'unknown' });
    t.regex(problem.hint, hint, path);
    if (!path.startsWith('/put_')) t.notRegex(problem.hint, /Idempotency-Key/, path);
  }
});

test('whoever has sent an Idempotency-Key is told to repeat it, and that is true', async t => {
  const cluster = await TestCluster.start(t, { count: 1, timing: 'default' });
  await until('its streams are open', async () => (await cluster.put([{}])).status === 200);
  const headers = { ...ours, 'idempotency-key': 'one' };
  cluster.signal('n0', 'SIGSTOP');
  const hurried = { ...headers, 'x-deadline-ms': '300' };
  const open = await cluster.send('POST', '/v1/kv/a/incr', undefined, hurried);
  cluster.signal('n0', 'SIGCONT');
  t.is(open.status, 504, open.body);
  t.regex(JSON.parse(open.body).hint, /Repeat it as it is, under the same Idempotency-Key/);
  const again = await cluster.send('POST', '/v1/kv/a/incr', undefined, headers);
  t.is(JSON.parse(again.body).value, '1');
  t.is(again.headers.get('idempotent-replayed'), 'true');
});

test('every request that changes something says what to do when its outcome is open', t => {
  for (const { method, path, ifUnknown } of routes) {
    t.is(ifUnknown !== undefined, method !== 'get', `${method} ${path}`);
  }
});
