import test from 'ava';
import { sharedCluster } from '../fixtures/shared-cluster.ts';
import { until } from '../fixtures/until.ts';

/* Those who wait in line before a lock. */

const { ask, started } = sharedCluster(test);

type Held = { readonly token: number; readonly code?: string };
const acquire = async (lock: string, body: object): Promise<Held> =>
  (await ask('POST', `/v1/locks/${lock}/acquire`, { ttl: 60, ...body })).body as unknown as Held;
const release = (lock: string, { token }: Held) =>
  ask('POST', `/v1/locks/${lock}/release`, { token });
const waitersOf = async (lock: string): Promise<string[]> => {
  const { body } = await ask('GET', `/v1/locks/${lock}`);
  return (body['waiters'] as { holder: string }[]).map(({ holder }) => holder);
};
const waits = (lock: string, holder: string) =>
  until(`${holder} waits`, async () => (await waitersOf(lock)).includes(holder));

test('who waits has the lock in the order of coming, with tokens that grow', async t => {
  const first = await acquire('line', { holder: 'a' });
  const got: string[] = [];
  const tokens: number[] = [first.token];
  const turn = async (holder: string): Promise<void> => {
    const held = await acquire('line', { holder, waitMs: 30_000 });
    got.push(holder);
    tokens.push(held.token);
    await release('line', held);
  };
  const turns: Promise<void>[] = [];
  for (const holder of ['b', 'c', 'd']) {
    turns.push(turn(holder));
    await waits('line', holder);
  }
  t.deepEqual(await waitersOf('line'), ['b', 'c', 'd']);
  await release('line', first);
  await Promise.all(turns);
  t.deepEqual(got, ['b', 'c', 'd']);
  t.deepEqual(
    tokens,
    tokens.toSorted((a, b) => a - b),
  );
  t.is(new Set(tokens).size, tokens.length);
});

test('who has waited long enough is told so, and stands in no line any more', async t => {
  const held = await acquire('late', { holder: 'a' });
  const late = await ask('POST', '/v1/locks/late/acquire', { holder: 'b', ttl: 1, waitMs: 2500 });
  t.is(late.status, 409);
  t.like(late.body, { code: 'lockHeld' });
  t.regex(String(late.body['detail']), /within 2500 ms/);
  t.deepEqual(await waitersOf('late'), []);
  await release('late', held);
  t.like((await ask('GET', '/v1/locks/late')).body, { held: false });
});

test('who waits longer than its time to live keeps its place', async t => {
  const held = await acquire('patient', { holder: 'a' });
  const waiting = acquire('patient', { holder: 'b', ttl: 0.5, waitMs: 30_000 });
  await waits('patient', 'b');
  const begun = Date.now();
  while (Date.now() - begun < 2500) {
    t.deepEqual(await waitersOf('patient'), ['b']);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  await release('patient', held);
  t.true((await waiting).token > held.token);
});

test('who hangs up leaves the line, and does not keep the lock', async t => {
  const held = await acquire('hung-up', { holder: 'a' });
  const gone = new AbortController();
  const hanging = fetch(`${started().url}/v1/locks/hung-up/acquire`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ holder: 'b', ttl: 60, waitMs: 60_000 }),
    signal: gone.signal,
  });
  await waits('hung-up', 'b');
  const next = acquire('hung-up', { holder: 'c', waitMs: 30_000 });
  await waits('hung-up', 'c');
  gone.abort();
  t.is(await hanging.catch(() => 'gone'), 'gone');
  await until('b has left', async () => !(await waitersOf('hung-up')).includes('b'));
  await release('hung-up', held);
  t.true((await next).token > held.token);
});

test('a lock whose holder is silent goes to the next one', async t => {
  const silent = await acquire('silent', { holder: 'a', ttl: 1 });
  const next = await acquire('silent', { holder: 'b', waitMs: 30_000 });
  t.true(next.token > silent.token);
  t.like((await ask('GET', '/v1/locks/silent')).body, { holder: 'b', waiting: 0, waiters: [] });
});

test('the locks that are held are listed, in the order of their names', async t => {
  for (const name of ['list-b', 'list-a', 'list-c']) await acquire(name, { holder: 'me' });
  const { body } = await ask('GET', '/v1/locks?start=list-a&limit=2');
  t.like(body, {
    locks: [
      { lock: 'list-a', holder: 'me' },
      { lock: 'list-b', holder: 'me' },
    ],
    next: 'list-c',
  });
});

test('the same holder in two requests has one place, and both get the lock', async t => {
  const held = await acquire('twice', { holder: 'a' });
  const first = acquire('twice', { holder: 'b', waitMs: 30_000 });
  await waits('twice', 'b');
  const second = acquire('twice', { holder: 'b', waitMs: 500 });
  t.like(await second, { code: 'lockHeld' });
  t.deepEqual(await waitersOf('twice'), ['b'], 'the other request still waits');
  await release('twice', held);
  t.true((await first).token > held.token);
});
