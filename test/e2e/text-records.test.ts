import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

test.serial(
  'the records of a leader tell that it lost its majority, for nobody else to read',
  async t => {
    const cluster = await TestCluster.start(t, { hasTextRecords: true });
    const leader = await cluster.leader();
    const own = leader.slice(1);
    const folder = join(cluster.folder, 'data', `logs_node_${own}`);
    const dump = (): string => readFileSync(join(folder, 'dump.txt'), 'utf8');
    await until('a lease', () =>
      dump().includes(`Leader ${own} sending heartbeat & Renewing Lease`),
    );
    t.true(
      dump().indexOf(`Node ${own} became the leader`) < dump().indexOf('& Renewing Lease'),
      'first it leads, then it renews',
    );
    await cluster.kill(...cluster.ids.filter(id => id !== leader));
    const lines = `Leader ${own} lease renewal failed. Stepping Down.\n${own} Stepping down\n`;
    await until('both lines', () => dump().includes(lines));
    for (const path of [
      join(folder, 'dump.txt'),
      join(folder, 'logs.txt'),
      join(cluster.folder, 'data/logs', `${leader}.log`),
    ]) {
      t.is(statSync(path).mode & 0o777, 0o600, path);
    }
  },
);
