import test, { type ExecutionContext } from 'ava';
import { EventReader } from '../fixtures/event-reader.ts';
import { sharedCluster } from '../fixtures/shared-cluster.ts';
import { until } from '../fixtures/until.ts';

const { ask, started } = sharedCluster(test);

function watch(t: ExecutionContext, query: string, headers?: Record<string, string>): EventReader {
  const reader = new EventReader(`${started().url}/v1/watch?${query}`, headers);
  t.teardown(() => reader.close());
  return reader;
}

/** Makes some changes under a prefix; the revisions of them. */
async function changes(prefix: string): Promise<number[]> {
  const made = [
    await ask('PUT', `/v1/kv/${prefix}a`, '1'),
    await ask('PUT', `/v1/kv/${prefix}b`, '2'),
    await ask('PUT', `/v1/kv/${prefix}a`, '3'),
    await ask('DELETE', `/v1/kv/${prefix}a`),
  ];
  return made.map(({ body }) => Number(body['revision']));
}

const told = (reader: EventReader): string =>
  reader.events
    .filter(({ event }) => event === 'put' || event === 'delete')
    .map(({ event, data }) => `${event} ${data['key']} ${data['value'] ?? ''}`.trim())
    .join(', ');

test('a watch begins anywhere in what is kept, behind a revision or at it', async t => {
  const [first = 0, second = 0] = await changes('any/');
  const readers = [
    watch(t, `prefix=any/&after=${first}`),
    watch(t, `prefix=any/&from=${second}`),
    watch(t, 'prefix=any/', { 'last-event-id': String(first) }),
    watch(t, 'prefix=any/&after=999999', { 'last-event-id': String(first) }),
  ];
  for (const reader of readers) {
    await until('all is told', () => reader.of('delete').length > 0);
    t.is(told(reader), 'put any/b 2, put any/a 3, delete any/a');
  }
});

test('a watch tells of puts or deletes alone, of a key, a prefix or a range', async t => {
  const [first = 0] = await changes('one/');
  const after = `after=${first - 1}`;
  const cases: readonly (readonly [string, string])[] = [
    ['prefix=one/&filter=put', 'put one/a 1, put one/b 2, put one/a 3'],
    ['prefix=one/&filter=delete', 'delete one/a'],
    ['key=one/b', 'put one/b 2'],
    ['start=one/b&end=one/c', 'put one/b 2'],
    ['start=one/a&end=one/b', 'put one/a 1, put one/a 3, delete one/a'],
  ];
  for (const [query, expected] of cases) {
    const reader = watch(t, `${query}&${after}`);
    await until(query, () => told(reader).length >= expected.length);
    t.is(told(reader), expected);
  }
});

test('a watch tells on request what was there before', async t => {
  const [first = 0] = await changes('before/');
  const reader = watch(t, `prefix=before/&prev=true&after=${first - 1}`);
  await until('all is told', () => reader.of('delete').length > 0);
  const before = reader.events
    .filter(({ data }) => data['key'] === 'before/a')
    .map(({ data }) => (data['prev'] as { value: string } | null)?.value ?? null);
  t.deepEqual(before, [null, '1', '3']);
});

test('on request a watch tells its place also while nothing happens', async t => {
  await changes('quiet/');
  const [first = 0] = await changes('else/');
  const reader = watch(t, `prefix=quiet/&progress=true&after=${first - 1}`);
  const beyond = () => reader.of('progress').filter(({ id }) => id >= first);
  await until('its place is told again', () => beyond().length > 1, 25_000);
  t.is(reader.of('put').length, 0);
});

test.serial('a watch from what is no longer kept ends, and names the oldest', async t => {
  const [first = 0, , , last = 0] = await changes('old/');
  await ask('POST', '/v1/kv/compact', { revision: last });
  const reader = watch(t, `prefix=old/&after=${first}`);
  await until('it ends', () => reader.of('end').length > 0);
  const [end] = reader.of('end');
  t.is(end?.data['code'], 'forgotten');
  t.regex(String(end?.data['detail']), new RegExp(`the oldest is ${last}$`));
});

test('an election is observed: who leads now, and whoever leads next', async t => {
  const url = `${started().url}/v1/locks/office/watch`;
  const reader = new EventReader(url);
  t.teardown(() => reader.close());
  await until('nobody leads yet', () => reader.of('free').length > 0);
  const campaign = (holder: string) =>
    ask('POST', '/v1/locks/office/acquire', { holder, ttl: 60, waitMs: 20_000 });
  const first = (await campaign('x')).body;
  await until('x leads', () => reader.of('held').length > 0);
  const second = campaign('y');
  await until('y waits', async () => {
    const { body } = await ask('GET', '/v1/locks/office');
    return (body['waiters'] as { holder: string }[])[0]?.holder === 'y';
  });
  await ask('POST', '/v1/locks/office/release', { token: first['token'] });
  t.true(Number((await second).body['token']) > Number(first['token']));
  await until('y leads', () => reader.of('held').length > 1);
  t.deepEqual(
    reader.of('held').map(({ data }) => [data['holder'], data['token']]),
    [
      ['x', first['token']],
      ['y', (await second).body['token']],
    ],
  );
  const late = new EventReader(url);
  t.teardown(() => late.close());
  await until('it is told who leads', () => late.of('held')[0]?.data['holder'] === 'y');
});
