import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';
import { Writers } from '../fixtures/writers.ts';

test.serial('the link between leader and a follower is cut: no election, writes go on', async t => {
  const cluster = await TestCluster.start(t, { timing: 'default', hasProxies: true });
  const leader = await cluster.leader();
  const [cutOff = '', between = ''] = cluster.ids.filter(id => id !== leader);
  const { term } = await cluster.reaches('GREEN');
  cluster.cut(leader, cutOff);
  await until(`${cutOff} pulls from ${between}`, async () => {
    const member = (await cluster.view()).members.find(({ id }) => id === cutOff);
    return member?.sync_source === between;
  });
  const writers = new Writers(cluster, 2);
  const endAt = Date.now() + 30_000;
  await until(
    'thirty seconds of writes',
    async () => {
      const view = await cluster.view();
      t.is(view.term, term, 'term unchanged');
      t.is(view.leader, leader);
      return Date.now() > endAt;
    },
    60_000,
  );
  t.true(writers.ackedCount > 100);
  cluster.mend(leader, cutOff);
  await until(`${cutOff} pulls from the leader again`, async () => {
    const member = (await cluster.view()).members.find(({ id }) => id === cutOff);
    return member?.sync_source === leader;
  });
  await writers.stop();
  t.is((await cluster.view()).term, term);
  await writers.check(t);
});

test.serial(
  'a chain of five, each reaching only its neighbours: a leader, commits, no ping-pong',
  async t => {
    const cluster = await TestCluster.start(t, { count: 5, timing: 'default', hasProxies: true });
    await cluster.reaches('GREEN');
    for (const [place, one] of cluster.ids.entries()) {
      for (const other of cluster.ids.slice(place + 2)) cluster.cut(one, other);
    }
    const writers = new Writers(cluster, 2);
    await until('writes over the chain', () => writers.ackedCount > 100, 60_000);
    const settled = await cluster.view();
    const writtenThen = writers.ackedCount;
    const endAt = Date.now() + 10_000;
    await until('ten seconds over the chain', async () => {
      const view = await cluster.view();
      t.is(view.term, settled.term, 'no ping-pong');
      t.is(view.leader, settled.leader);
      return Date.now() > endAt;
    });
    t.true(writers.ackedCount > writtenThen + 20);
    await writers.stop();
    await writers.check(t);
  },
);
