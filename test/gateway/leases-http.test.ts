import test from 'ava';
import { sharedCluster } from '../fixtures/shared-cluster.ts';
import { until } from '../fixtures/until.ts';

const { ask } = sharedCluster(test);

const granted = async (ttlMs: number): Promise<number> =>
  Number((await ask('POST', '/v1/leases', { ttlMs })).body['lease']);

test('keys and locks go with the lease that they hang on', async t => {
  const lease = await granted(60_000);
  const put = await ask('PUT', `/v1/kv/hung/a?lease=${lease}`, 'x');
  t.like(put.body, { lease, ttl_ms: null });
  await ask('PUT', `/v1/kv/hung/b?lease=${lease}`, 'x');
  const lock = await ask('POST', '/v1/locks/hung/acquire', { holder: 'me', lease });
  t.like(lock.body, { lease, ttl_ms: 60_000 });
  const shown = await ask('GET', `/v1/leases/${lease}`);
  t.like(shown.body, { lease, ttl_ms: 60_000, private: false, count: 3, cursor: null });
  t.deepEqual(shown.body['keys'], [{ key: 'hung/a' }, { key: 'hung/b' }]);
  t.deepEqual(shown.body['locks'], ['hung']);
  t.true(Number(shown.body['remaining_ms']) > 50_000);
  const head = await ask('GET', '/v1/kv/hung/a');
  t.is(head.headers.get('x-lease'), String(lease));
  t.true(Number(head.headers.get('x-ttl-ms')) > 50_000);
  t.like((await ask('DELETE', `/v1/leases/${lease}`)).body, { lease, revoked: true });
  t.is((await ask('GET', '/v1/kv/hung/a')).status, 404);
  t.like((await ask('GET', '/v1/locks/hung')).body, { held: false });
  t.like((await ask('DELETE', `/v1/leases/${lease}`)).body, { revoked: false });
  const gone = await ask('GET', `/v1/leases/${lease}`);
  t.is(gone.status, 404);
  t.like(gone.body, { code: 'leaseNotFound' });
});

test('what hangs on a lease is paged through', async t => {
  const lease = await granted(60_000);
  for (let place = 0; place < 5; place += 1) {
    await ask('PUT', `/v1/kv/paged/${place}?lease=${lease}`, 'x');
  }
  const seen: unknown[] = [];
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { body } = await ask('GET', `/v1/leases/${lease}?limit=2&cursor=${cursor}`);
    t.is(body['count'], 5);
    seen.push(...(body['keys'] as unknown[]));
    cursor = body['cursor'];
  }
  t.deepEqual(
    seen,
    [0, 1, 2, 3, 4].map(place => ({ key: `paged/${place}` })),
  );
});

test.serial('leases and locks are kept alive without the log', async t => {
  const lease = await granted(60_000);
  const hold = { holder: 'me', ttl: 60 };
  const { token } = (await ask('POST', '/v1/locks/quiet/acquire', hold)).body;
  const index = async () => (await ask('GET', '/v1/kv/none')).headers.get('x-raft-index');
  const before = await index();
  for (let count = 0; count < 10; count += 1) {
    t.is((await ask('POST', `/v1/leases/${lease}/keepalive`)).status, 200);
    const renewed = await ask('POST', '/v1/locks/quiet/renew', { token, ttl: 60 });
    t.like(renewed.body, { lock: 'quiet', token, ttl_ms: 60_000 });
  }
  t.is(await index(), before);
  const longer = await ask('POST', '/v1/locks/quiet/renew', { token, ttl: 90 });
  t.like(longer.body, { token, ttl_ms: 90_000 }, 'another time is an entry');
  t.true(Number(await index()) > Number(before));
  await ask('POST', '/v1/locks/quiet/release', { token });
  const late = await ask('POST', '/v1/locks/quiet/renew', { token, ttl: 90 });
  t.like(late.body, { code: 'staleToken' });
});

test('many leases are kept alive at once', async t => {
  const kept = await granted(1000);
  const left = await granted(1000);
  const other = await granted(60_000);
  await until('the other one ends', async () => {
    const { body } = await ask('POST', '/v1/leases/keepalive', { leases: [kept, other, 999_999] });
    t.like(body, {
      leases: [
        { lease: kept, alive: true, ttl_ms: 1000 },
        { lease: other, alive: true, ttl_ms: 60_000 },
        { lease: 999_999, alive: false, ttl_ms: 0 },
      ],
    });
    return (await ask('GET', `/v1/leases/${left}`)).status === 404;
  });
  t.like((await ask('POST', `/v1/leases/${kept}/keepalive`)).body, { lease: kept, ttl_ms: 1000 });
  t.is((await ask('POST', `/v1/leases/${left}/keepalive`)).status, 404);
});

test('a time to live is a lease of the key alone, and is prolonged without a write', async t => {
  const put = await ask('PUT', '/v1/kv/brief?ttl=1.5', 'x');
  const lease = Number(put.body['lease']);
  const { body } = await ask('GET', `/v1/leases/${lease}`);
  t.like(body, { private: true, ttl_ms: 1500, keys: [{ key: 'brief' }] });
  const refused = await ask('PUT', `/v1/kv/other?lease=${lease}`, 'x');
  t.is(refused.status, 409);
  t.like(refused.body, { code: 'leaseIsPrivate' });
  const begun = Date.now();
  while (Date.now() - begun < 3000) {
    t.is((await ask('POST', `/v1/leases/${lease}/keepalive`)).status, 200);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  const there = await ask('GET', '/v1/kv/brief');
  t.is(there.headers.get('x-version'), '1');
  await until('it ends', async () => (await ask('GET', '/v1/kv/brief')).status === 404);
});

test('a list of leases is in the order of their numbers, from one on', async t => {
  const first = await granted(60_000);
  const second = await granted(60_000);
  const { body } = await ask('GET', `/v1/leases?start=${first}&limit=1`);
  t.like(body, { leases: [{ lease: first }] });
  t.true(Number(body['next']) > first && Number(body['next']) <= second);
});

test('a transaction grants and revokes leases, and looks whether one is alive', async t => {
  const transact = async (body: object) => (await ask('POST', '/v1/txn', body)).body;
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  const made = await transact({ then: [{ op: 'grant', ttlMs: 60_000 }] });
  const [{ lease }] = made['results'] as [{ lease: number }];
  const put = { op: 'put', key: 'of/txn', value: 'x', lease };
  const alive = { compare: [{ lease, alive: true }] };
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  t.like(await transact({ ...alive, then: [put] }), { succeeded: true, results: [{ lease }] });
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  const hung = await transact({ compare: [{ key: 'of/txn', lease }], then: [] });
  t.like(hung, { succeeded: true });
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  const revoked = await transact({ then: [{ op: 'revoke', leases: [lease] }] });
  t.like(revoked, { results: [{ op: 'revoke', ended: 1 }] });
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  t.like(await transact({ ...alive, then: [put] }), { succeeded: false });
  t.is((await ask('GET', '/v1/kv/of/txn')).status, 404);
});
