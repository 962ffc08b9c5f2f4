import test from 'ava';
import { mebibyte } from '../../src/words.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

const octets = { 'content-type': 'application/octet-stream', 'X-Deadline-Ms': '60000' };

/* A value takes two seconds from server to server: twice the election timeout. */
test.serial(
  'values of 8 MiB in a row, over slow links, cost the leader neither its office nor a put',
  async t => {
    const cluster = await TestCluster.start(t, {
      timing: 'default',
      hasProxies: true,
      linkBytesPerSecond: 4 * mebibyte,
    });
    const leader = await cluster.leader();
    const { term } = await cluster.view();
    const values = [1, 2, 3].map(fill => Buffer.alloc(8 * mebibyte, fill));
    for (const [place, value] of values.entries()) {
      const { status, body } = await cluster.send('PUT', `/v1/kv/${place}`, value, octets);
      t.is(status, 201, body);
    }
    const view = await cluster.view();
    t.is(view.leader, leader);
    t.is(view.term, term);
    for (const id of cluster.ids) {
      for (const [place, value] of values.entries()) {
        await until(`value ${place} at ${id}`, async () => {
          const path = `/v1/kv/${place}?consistency=local&server=${id}`;
          const response = await fetch(`${cluster.url}${path}`);
          return Buffer.from(await response.arrayBuffer()).equals(value);
        });
      }
    }
  },
);
