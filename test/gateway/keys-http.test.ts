import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

/* The store over HTTP, before a real cluster of one server. */

type Case = {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const refused: readonly (readonly [string, Case, number, string, RegExp])[] = [
  ['no such key', { path: '/v1/kv/none' }, 404, 'keyNotFound', /no key \\?"none/],
  ['a broken percent', { path: '/v1/kv/%zz' }, 400, 'badParameter', /percent-encoded/],
  ['a long key', { path: `/v1/kv/${'x'.repeat(1025)}` }, 400, 'badParameter', /1025 bytes/],
  ['no consistency', { path: '/v1/kv/a?consistency=x' }, 400, 'badParameter', /consistency/],
  ['no bound', { path: '/v1/kv/a?consistency=bounded' }, 400, 'badParameter', /bound/],
  ['a server of choice', { path: '/v1/kv/a?server=n0' }, 400, 'badParameter', /leader/],
  [
    'an unknown server',
    { path: '/v1/kv/a?consistency=local&server=n9' },
    404,
    'unknownServer',
    /n9/,
  ],
  ['the future', { path: '/v1/kv/a?revision=999999' }, 400, 'future', /not there yet/],
  ['a wrong limit', { path: '/v1/kv?limit=0' }, 400, 'badParameter', /limit/],
  ['a foreign cursor', { path: '/v1/kv?cursor=abc' }, 400, 'badParameter', /cursor/],
  ['prefix and range', { path: '/v1/kv?prefix=a&start=b' }, 400, 'badParameter', /prefix/],
  [
    'a wrong ttl',
    { method: 'PUT', path: '/v1/kv/a?ttl=-1', body: 'x' },
    400,
    'badParameter',
    /ttl/,
  ],
  [
    'an ETag that is none',
    { method: 'PUT', path: '/v1/kv/a', body: 'x', headers: { 'if-match': 'x' } },
    400,
    'badParameter',
    /If-Match/,
  ],
  [
    'a token without a lock',
    { method: 'PUT', path: '/v1/kv/a', body: 'x', headers: { 'x-fencing-token': '3' } },
    400,
    'badParameter',
    /X-Lock/,
  ],
  [
    'a token of a lock that nobody holds',
    {
      method: 'PUT',
      path: '/v1/kv/a',
      body: 'x',
      headers: { 'x-lock': 'l', 'x-fencing-token': '3' },
    },
    409,
    'staleToken',
    /not held/,
  ],
  [
    'an absent key that should be there',
    { method: 'DELETE', path: '/v1/kv/none', headers: { 'if-match': '*' } },
    412,
    'preconditionFailed',
    /does not exist/,
  ],
  ['a sum with a text', { method: 'POST', path: '/v1/kv/text/incr' }, 409, 'notANumber', /number/],
  ['POST on a key', { method: 'POST', path: '/v1/kv/a' }, 405, 'methodNotAllowed', /POST/],
  ['no transaction', { method: 'POST', path: '/v1/txn', body: '[]' }, 422, 'wrongShape', /body/],
  [
    'an unknown operation',
    { method: 'POST', path: '/v1/txn', body: '{"then":[{"op":"fly"}]}' },
    422,
    'wrongShape',
    /then\.0/,
  ],
  [
    'two values',
    {
      method: 'POST',
      path: '/v1/txn',
      body: '{"then":[{"op":"put","key":"a","value":"x","value_base64":"eA=="}]}',
    },
    422,
    'wrongShape',
    /either/,
  ],
  [
    'a sum with a text in a transaction',
    {
      method: 'POST',
      path: '/v1/txn',
      body: '{"then":[{"op":"put","key":"b","value":"1"},{"op":"incr","key":"text"}]}',
    },
    409,
    'notANumber',
    /operation 1/,
  ],
  [
    'a lock without a holder',
    { method: 'POST', path: '/v1/locks/l/acquire', body: '{"ttl":1}' },
    422,
    'wrongShape',
    /holder/,
  ],
  [
    'a lock that nobody holds',
    { method: 'POST', path: '/v1/locks/l/release', body: '{"token":1}' },
    409,
    'staleToken',
    /not held/,
  ],
  ['a watch from nowhere', { path: '/v1/watch?from=x' }, 400, 'badParameter', /from/],
  [
    'a watch after nothing',
    { path: '/v1/watch', headers: { 'last-event-id': 'x' } },
    400,
    'badParameter',
    /Last-Event-ID/,
  ],
  [
    'a leader that is no server',
    { method: 'POST', path: '/v1/leader/transfer', body: '{"to":"n9"}' },
    404,
    'unknownServer',
    /there is no n9/,
  ],
];

test('what is wrong with a request is said in one sentence, and changes nothing', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  await cluster.send('PUT', '/v1/kv/text', 'abc');
  for (const [what, sent, status, code, detail] of refused) {
    const { method = 'GET', path, body, headers } = sent;
    const answer = await cluster.send(method, path, body, headers);
    const problem = JSON.parse(answer.body);
    t.is(answer.status, status, `${what}: ${answer.body}`);
    t.is(problem.code, code, what);
    t.regex(problem.detail, detail, what);
    t.true(problem.hint.length > 0, what);
    t.notRegex(answer.body, /\bat .*\.[jt]s:\d/, what);
  }
  const { body } = await cluster.send('GET', '/v1/kv');
  t.deepEqual(
    JSON.parse(body).keys.map(({ key }: { key: string }) => key),
    ['text'],
  );
});

test('a value comes back as it was, with its type, its versions and its ETag', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const path = '/v1/kv/a%20b/%C3%BC';
  const put = await cluster.send('PUT', path, bytes, { 'content-type': 'image/x' });
  t.is(put.status, 201);
  const response = await fetch(`${cluster.url}${path}`);
  t.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
  t.is(response.headers.get('content-type'), 'image/x');
  const etag = response.headers.get('etag') ?? '';
  t.is(etag, put.headers.get('etag') ?? '');
  t.is((await cluster.send('GET', path, undefined, { 'if-none-match': etag })).status, 304);
  t.is((await cluster.send('PUT', path, 'x', { 'if-none-match': '*' })).status, 412);
  const changed = await cluster.send('PUT', path, 'x', { 'if-match': etag });
  t.is(changed.status, 200);
  t.is((await cluster.send('PUT', path, 'y', { 'if-match': etag })).status, 412);
  const past = await fetch(`${cluster.url}${path}?revision=${etag.slice(1, -1)}`);
  t.deepEqual(new Uint8Array(await past.arrayBuffer()), bytes);
  const head = await fetch(`${cluster.url}${path}`, { method: 'HEAD' });
  t.is(head.status, 200);
  t.is(head.headers.get('content-length'), '1');
  t.like(JSON.parse((await cluster.send('DELETE', path)).body), { deleted: true, key: 'a b/ü' });
  t.like(JSON.parse((await cluster.send('DELETE', path)).body), { deleted: false });
});

test('pages are in the order of bytes, and stay as they were when the first was read', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const names = ['a', 'b', 'é', 'z', '𐀀', '￿'];
  for (const name of names.toReversed()) {
    await cluster.send('PUT', `/v1/kv/${encodeURIComponent(name)}`, 'x');
  }
  const seen: string[] = [];
  type Page = {
    readonly keys: readonly { readonly key: string }[];
    readonly cursor: string | null;
  };
  for (let cursor = ''; seen.length < names.length; ) {
    const { body } = await cluster.send('GET', `/v1/kv?limit=2&cursor=${cursor}`);
    const page = JSON.parse(body) as Page;
    for (const { key } of page.keys) seen.push(key);
    await cluster.send('PUT', `/v1/kv/later-${seen.length}`, 'x');
    t.is(page.cursor === null, seen.length === names.length);
    cursor = page.cursor ?? '';
  }
  const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  t.deepEqual(seen, names.toSorted(byBytes));
});

test('a key with a time to live is gone after it, and watchers are told', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  await cluster.send('PUT', '/v1/kv/brief?ttl=2', 'x');
  const { status, headers } = await cluster.send('GET', '/v1/kv/brief');
  t.is(status, 200);
  t.true(Number(headers.get('x-ttl-ms')) <= 2000);
  await until('the key expires', async () => {
    const answer = await cluster.send('GET', '/v1/kv/brief');
    return answer.status === 404;
  });
});

test('a lock fences writes that come too late', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const lock = (verb: string, body: object) =>
    cluster.send('POST', `/v1/locks/door/${verb}`, JSON.stringify(body));
  const first = JSON.parse((await lock('acquire', { holder: 'x', ttl: 2 })).body);
  t.is((await lock('acquire', { holder: 'y', ttl: 1 })).status, 409);
  const guarded = (token: number) =>
    cluster.send('PUT', '/v1/kv/room', 'x', { 'x-lock': 'door', 'x-fencing-token': `${token}` });
  t.true((await guarded(first.token)).status < 300);
  const second = await until('the lock expires', async () => {
    const answer = await lock('acquire', { holder: 'y', ttl: 10 });
    return answer.status === 200 ? JSON.parse(answer.body) : undefined;
  });
  t.true(second.token > first.token);
  t.is((await guarded(first.token)).status, 409);
  t.true((await guarded(second.token)).status < 300);
  t.is((await lock('renew', { token: first.token, ttl: 1 })).status, 409);
  t.is((await lock('renew', { token: second.token, ttl: 1 })).status, 200);
  t.is((await lock('release', { token: second.token })).status, 200);
  t.is((await guarded(second.token)).status, 409);
});

test('a transaction over keys and entries is all or nothing', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const transact = async (body: object) =>
    JSON.parse((await cluster.send('POST', '/v1/txn', JSON.stringify(body))).body);
  const job = (name: string) => ({
    compare: [{ key: 'owner', exists: false }],
    // biome-ignore lint/suspicious/noThenProperty: the word of the API.
    then: [
      { op: 'put', key: 'owner', value: name },
      { op: 'put_all', entries: [{ job: name }] },
    ],
    else: [
      { op: 'get', key: 'owner' },
      { op: 'put_all', entries: [{ late: name }, { late: name }] },
    ],
  });
  t.like(await transact(job('x')), {
    succeeded: true,
    results: [{ op: 'put' }, { first: 1, last: 1 }],
  });
  t.like(await transact(job('y')), {
    succeeded: false,
    results: [{ value: 'x' }, { first: 2, last: 3 }],
  });
  t.deepEqual(
    (await cluster.entries()).map(({ data }) => data),
    [{ job: 'x' }, { late: 'y' }, { late: 'y' }],
  );
});
