import test from 'ava';
import { sharedCluster } from '../fixtures/shared-cluster.ts';

const { ask } = sharedCluster(test);

type Case = readonly [what: string, method: string, path: string, body?: object | string];

const writes: readonly Case[] = [
  ['a put', 'PUT', '/v1/kv/once/put', 'x'],
  ['an increment', 'POST', '/v1/kv/once/number/incr?by=5'],
  ['a delete', 'DELETE', '/v1/kv/once/put'],
  ['a delete of a range', 'DELETE', '/v1/kv?prefix=once/range/'],
  ['a compaction', 'POST', '/v1/kv/compact', { revision: 1 }],
  ['a transaction', 'POST', '/v1/txn', transaction([{ op: 'incr', key: 'once/txn' }])],
  ['objects', 'POST', '/put_all', [{ once: 1 }]],
  ['an object', 'POST', '/put_key', { once: 1 }],
  ['a lease', 'POST', '/v1/leases', { ttlMs: 60_000 }],
  ['the end of a lease', 'DELETE', '/v1/leases/9999'],
  ['a lock', 'POST', '/v1/locks/once/acquire', { holder: 'me', ttl: 60 }],
];

function transaction(operations: readonly object[]): object {
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  return { then: operations };
}

test('every write counts once under its key, and is answered as the first time', async t => {
  for (const [what, method, path, body] of writes) {
    const headers = { 'idempotency-key': what };
    const first = await ask(method, path, body, headers);
    t.true(first.status < 300, `${what}: ${JSON.stringify(first.body)}`);
    t.is(first.headers.get('idempotent-replayed'), null, what);
    t.true(Number(first.headers.get('idempotency-window-seconds')) > 0, what);
    const second = await ask(method, path, body, headers);
    t.is(second.status, first.status, what);
    t.deepEqual(second.body, first.body, what);
    t.is(second.headers.get('idempotent-replayed'), 'true', what);
    t.is(second.headers.get('x-raft-index'), first.headers.get('x-raft-index'), what);
  }
  t.is((await ask('GET', '/v1/kv/once/number')).body['text'], '5');
  t.is((await ask('GET', '/v1/kv/once/txn')).body['text'], '1');
  const leases = (await ask('GET', '/v1/leases')).body['leases'] as { private: boolean }[];
  t.is(leases.filter(lease => !lease.private).length, 1);
});

test('whatever changes the request makes it another one, which is refused', async t => {
  const headers = { 'idempotency-key': 'taken' };
  const path = '/v1/kv/other/a?ttl=100';
  t.is((await ask('PUT', path, 'x', headers)).status, 201);
  const others: readonly (readonly [string, string, string, Record<string, string>?])[] = [
    ['PUT', path, 'y'],
    ['PUT', '/v1/kv/other/b?ttl=100', 'x'],
    ['PUT', '/v1/kv/other/a?ttl=200', 'x'],
    ['PUT', '/v1/kv/other/a', 'x'],
    ['PUT', path, 'x', { 'if-match': '*' }],
    ['PUT', path, 'x', { 'content-type': 'text/x' }],
    ['DELETE', '/v1/kv/other/a', ''],
    ['POST', '/v1/kv/other/a/incr', ''],
  ];
  for (const [method, otherPath, body, more] of others) {
    const sent = body === '' ? undefined : body;
    const answer = await ask(method, otherPath, sent, { ...headers, ...more });
    t.is(answer.status, 422, `${method} ${otherPath} ${JSON.stringify(more)}`);
    t.like(answer.body, { code: 'keyConflict', outcome: 'rejected' });
  }
  const patient = await ask('PUT', path, 'x', { ...headers, 'x-deadline-ms': '9000' });
  t.is(patient.headers.get('idempotent-replayed'), 'true', 'a deadline is no part of it');
});

test('what was refused is refused again under its key', async t => {
  const headers = { 'idempotency-key': 'refused', 'if-match': '"99999"' };
  t.is((await ask('PUT', '/v1/kv/refused', 'x', headers)).status, 412);
  await ask('PUT', '/v1/kv/refused', 'there');
  const again = await ask('PUT', '/v1/kv/refused', 'x', headers);
  t.is(again.status, 412);
  t.is(again.headers.get('idempotent-replayed'), 'true');
});
