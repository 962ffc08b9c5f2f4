import test from 'ava';
import { type ClusterBody, TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

/* Health counts what is wanted: with real servers, cut off, replaced, and not there. */

type Readiness = Pick<ClusterBody, 'health' | 'reason' | 'survives'>;

test.serial('a server that only answers us is no server that takes part', async t => {
  const cluster = await TestCluster.start(t, { hasProxies: true });
  t.like(await cluster.reaches('GREEN'), { reason: 'all 3 servers take part', survives: 1 });
  const leader = await cluster.leader();
  const [cutOff = '', other = ''] = cluster.ids.filter(id => id !== leader);
  cluster.cut(cutOff, leader);
  cluster.cut(cutOff, other);
  const view = await cluster.reaches('YELLOW');
  t.regex(view.reason, new RegExp(`^${cutOff} is cut off from \\S+, which leads$`));
  t.like(view, { survives: 0 });
  const { body } = await cluster.get<Readiness>('/readyz');
  t.like(body, { health: 'YELLOW', survives: 0 });
  t.is((await cluster.put([{ still: 'serves' }])).status, 200);
  cluster.mend(cutOff, leader);
  cluster.mend(cutOff, other);
  await cluster.reaches('GREEN');
});

test.serial('two of three after a replacement are not all; a live directory is kept', async t => {
  const cluster = await TestCluster.start(t);
  await cluster.reaches('GREEN');
  const leader = await cluster.leader();
  const [lost = ''] = cluster.ids.filter(id => id !== leader);
  const replace = async (body?: object) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await cluster.send('POST', `/v1/members/${lost}/replace`, text);
    return { status: answer.status, ...JSON.parse(answer.body) };
  };
  const refused = await replace();
  t.like(refused, { status: 409, code: 'stillThere', outcome: 'rejected' });
  t.regex(refused.hint, new RegExp(`Stop ${lost} first`));
  t.like(await replace({ address: 'localhost:1' }), { status: 422, code: 'wrongShape' });
  t.like(await replace({ with: lost, address: 'localhost:1' }), { status: 422 });
  t.like(await replace({ with: 'n9' }), { status: 422 });
  t.like(await replace({ forse: true }), { status: 422 });
  t.is((await cluster.view()).health, 'GREEN', 'nothing has changed');

  await cluster.kill(lost);
  await until(`${leader} does not hear it any more`, async () => {
    const { members } = await cluster.view();
    return members.some(member => member.id === lost && !member.following && !member.reachable);
  });
  t.is((await replace()).status, 202);
  const view = await until('it is awaited', async () => {
    const now = await cluster.view();
    return now.reason.includes(`${lost} is awaited at`) ? now : undefined;
  });
  t.like(view, { health: 'YELLOW', survives: 0 });
  cluster.wipe(lost);
  cluster.startServer(lost);
  await cluster.reaches('GREEN');
});

test.serial('who does not exist is neither removed, nor replaced, nor made the leader', async t => {
  const cluster = await TestCluster.start(t);
  const asked: readonly (readonly [string, string, string?])[] = [
    ['DELETE', '/v1/members/n9'],
    ['POST', '/v1/members/n9/replace'],
    ['POST', '/v1/leader/transfer', '{"to":"n9"}'],
  ];
  for (const [method, path, body] of asked) {
    const answer = await cluster.send(method, path, body);
    const problem = JSON.parse(answer.body);
    t.is(answer.status, 404, answer.body);
    t.like(problem, { code: 'unknownServer', outcome: 'rejected' });
    t.regex(problem.detail, /there is no n9, only n0, n1, n2/);
    t.regex(problem.hint, /\/v1\/cluster/);
  }
  const leader = await cluster.leader();
  const already = await cluster.send('POST', '/v1/leader/transfer', `{"to":"${leader}"}`);
  t.is(already.status, 409);
  t.like(JSON.parse(already.body), { code: 'cannotTransfer', detail: `${leader} leads already` });
});

test.serial('who cannot serve is not ready, and says why', async t => {
  const cluster = await TestCluster.start(t);
  const leader = await cluster.leader();
  const [one = '', other = ''] = cluster.ids.filter(id => id !== leader);
  await cluster.kill(one, other);
  const { body, headers } = await until('it is not ready', async () => {
    const answer = await cluster.get<{ code: string; detail: string }>('/readyz');
    return answer.status === 503 ? answer : undefined;
  });
  t.regex(headers.get('content-type') ?? '', /^application\/problem\+json/);
  t.is(body.code, 'noLeader');
  t.regex(body.detail, new RegExp(`${one}, ${other} cannot be reached|${other}, ${one} cannot`));
  t.is((await cluster.view()).health, 'RED');
});
