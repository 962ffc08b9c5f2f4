import test from 'ava';
import { sharedCluster } from '../fixtures/shared-cluster.ts';

const { ask, started } = sharedCluster(test);

type Listed = {
  readonly keys: readonly { readonly key: string; readonly value?: string }[];
  readonly count: number;
  readonly more: boolean;
  readonly revision: number;
  readonly oldest_revision: number;
  readonly cursor: string | null;
};
const list = async (query: string): Promise<Listed> =>
  (await ask('GET', `/v1/kv?${query}`)).body as unknown as Listed;
const namesOf = ({ keys }: Listed): string => keys.map(({ key }) => key).join();
const put = async (key: string, value: string): Promise<number> =>
  Number((await ask('PUT', `/v1/kv/${key}`, value)).body['revision']);

test('a list counts all of its range, sorts and filters', async t => {
  const revisions: number[] = [];
  for (const [key, value] of ['c1', 'a3', 'd2', 'b4'].map(text => text.split(''))) {
    revisions.push(await put(`s/${key}`, value ?? ''));
  }
  await put('s/a', '0');
  t.like(await list('prefix=s/&count_only=true'), { keys: [], count: 4, more: false });
  t.like(await list('prefix=s/&limit=1'), { count: 4, more: true });
  t.is(namesOf(await list('prefix=s/&order=descend')), 's/d,s/c,s/b,s/a');
  t.is(namesOf(await list('prefix=s/&sort=create_revision')), 's/c,s/a,s/d,s/b');
  t.is(namesOf(await list('prefix=s/&sort=mod_revision')), 's/c,s/d,s/b,s/a');
  t.is(namesOf(await list('prefix=s/&sort=value&order=descend')), 's/b,s/d,s/c,s/a');
  t.is(namesOf(await list('prefix=s/&sort=version&order=descend&limit=1')), 's/a');
  const [, , third] = revisions;
  t.is(namesOf(await list(`prefix=s/&min_mod_revision=${third}`)), 's/a,s/b,s/d');
  t.is(namesOf(await list(`prefix=s/&max_create_revision=${third}`)), 's/a,s/c,s/d');
  const [first] = (await list('prefix=s/&keys_only=true')).keys;
  t.is(first?.value, undefined);
});

test('a range is deleted at once, and tells what was there', async t => {
  for (const key of ['r/1', 'r/2', 'r/3', 'q', 's']) await put(key, key);
  const { body } = await ask('DELETE', '/v1/kv?prefix=r/&prev=true');
  t.is(body['deleted'], 3);
  t.deepEqual(
    (body['prev'] as { value: string }[]).map(({ value }) => value),
    ['r/1', 'r/2', 'r/3'],
  );
  t.like((await ask('DELETE', '/v1/kv?start=q&end=r')).body, { deleted: 1 });
  t.is((await ask('GET', '/v1/kv/s')).status, 200);
});

test('what a write has replaced is told on request', async t => {
  t.is((await ask('PUT', '/v1/kv/prev?prev=true', 'x')).body['prev'], null);
  t.like((await ask('PUT', '/v1/kv/prev?prev=true', 'y')).body, {
    prev: { value: 'x', version: 1 },
  });
  t.like((await ask('DELETE', '/v1/kv/prev?prev=true')).body, { prev: { value: 'y', version: 2 } });
  t.is((await ask('DELETE', '/v1/kv/prev?prev=true')).body['prev'], null);
});

test.serial('what was compacted is gone, and the answer names the oldest that is left', async t => {
  const old = await put('past', '1');
  const kept = await put('past', '2');
  const { body } = await ask('POST', '/v1/kv/compact', { revision: kept });
  t.like(body, { oldest_revision: kept });
  t.is((await ask('GET', `/v1/kv/past?revision=${kept}`)).body['text'], '2');
  const gone = await ask('GET', `/v1/kv/past?revision=${old}`);
  t.is(gone.status, 410);
  t.regex(String(gone.body['detail']), new RegExp(`the oldest is ${kept}$`));
  t.is((await ask('GET', `/v1/kv?revision=${old}`)).status, 410);
  t.is((await list('')).oldest_revision, kept);
  const ahead = await ask('POST', '/v1/kv/compact', { revision: 999_999 });
  t.like(ahead.body, { status: 400, code: 'futureRevision' });
});

test('a revision counts the sets of changes, whatever else is in the log', async t => {
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  const both = { then: ['x', 'y'].map(key => ({ op: 'put', key: `both/${key}`, value: key })) };
  const first = (await ask('POST', '/v1/txn', both)).body;
  t.true(Number(first['revision']) < Number(first['index']));
  const { keys } = await list('prefix=both/');
  t.deepEqual(
    keys.map(item => (item as unknown as { mod_revision: number }).mod_revision),
    [first['revision'], first['revision']],
  );
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  const posted = (await ask('POST', '/v1/txn', { then: [{ op: 'put_all', entries: [{}] }] })).body;
  t.is(posted['revision'], null);
});

test('what is posted in a transaction keeps its very bytes', async t => {
  const big = '{"big":12345678901234567890, "x" : 1e400 , "a":1,"a":2,"ü":"\\u00fc"}';
  const body =
    '{"else":[{"op":"put_all","entries":[{"not":1}]}],' +
    `"th\\u0065n" : [ {"op":"get","key":"a]}"}, {"entries":[{}],"op":"put_all","entries":[ ${big} ,{"b":2}] } ,` +
    '{"op":"put_all","entries":[{"c":3}]}]}';
  const before = (await started().entries()).length;
  const answer = await started().send('POST', '/v1/txn', body);
  t.is(answer.status, 200, answer.body);
  const text = await (await fetch(`${started().url}/v1/entries?from=${before + 1}`)).text();
  const written = [...text.matchAll(/"data":(\{.*?\})\}/g)].map(([, data]) => data);
  t.deepEqual(written, [big, '{"b":2}', '{"c":3}']);
});

test('a transaction compares, reads and deletes ranges', async t => {
  const transact = async (body: object) => (await ask('POST', '/v1/txn', body)).body;
  const all = { prefix: 't/' };
  const free = { ...all, exists: false };
  const fill = ['t/1', 't/2'].map(key => ({ op: 'put', key, value: key }));
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  t.like(await transact({ compare: [free], then: fill }), { succeeded: true });
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  t.like(await transact({ compare: [free], then: fill }), { succeeded: false });
  const read = { op: 'range', ...all, limit: 1, keys_only: true };
  const erase = { op: 'delete', start: 't/', end: 't0', prev: true };
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  const done = await transact({ compare: [{ ...all, version: 1 }], then: [read, erase, read] });
  t.like(done, {
    succeeded: true,
    results: [
      { op: 'range', count: 2, keys: [{ key: 't/1' }] },
      { op: 'delete', deleted: 2, prev: [{ value: 't/1' }, { value: 't/2' }] },
      { op: 'range', count: 0, keys: [] },
    ],
  });
});

test('locks are taken and given back by transactions, too', async t => {
  const transact = async (body: object) => (await ask('POST', '/v1/txn', body)).body;
  const [lock, holder] = ['of-txn', 'me'];
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  const made = await transact({ then: [{ op: 'acquire', lock, holder, ttl: 60 }] });
  const [{ token }] = made['results'] as [{ token: number }];
  t.like((await ask('GET', `/v1/locks/${lock}`)).body, { held: true, holder, token });
  const compare = [{ lock, token }];
  const release = [
    { op: 'renew', lock, token, ttl: 30 },
    { op: 'guard', lock, token },
    { op: 'release', lock, token },
  ];
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  t.like(await transact({ compare, then: release }), { succeeded: true });
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  t.like(await transact({ compare, then: release }), { succeeded: false });
  // biome-ignore lint/suspicious/noThenProperty: the word of the API.
  const stale = await transact({ then: [{ op: 'put', key: 'x', value: 'x' }, release[1]] });
  t.like(stale, { status: 409, code: 'staleToken' });
  t.regex(String(stale['detail']), /^operation 1 /);
});

test('a read at least as new as a write shows it, at whatever server', async t => {
  for (let count = 0; count < 20; count += 1) {
    const put = await ask('PUT', '/v1/kv/seen', String(count));
    const index = put.headers.get('x-raft-index');
    const read = await ask('GET', `/v1/kv/seen?consistency=local&minIndex=${index}`);
    t.is(read.body['text'], String(count));
    t.true(Number(read.headers.get('x-raft-index')) >= Number(index));
  }
});
