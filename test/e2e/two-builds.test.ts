import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import type * as ClientModule from '../../src/client/index.ts';
import { secondBuild } from '../fixtures/second-build.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';
import { Writers } from '../fixtures/writers.ts';

/* The next version of the program knows one operation more; servers are updated one by one. */

test.serial(
  'two builds in one cluster, rolled up under load: nothing parts, nothing is lost',
  async t => {
    const folder = secondBuild('second-build');
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const next = join(folder, 'dist/src/cli/main.js');
    const client = resolve(folder, 'dist/src/client/index.js');
    const { connect } = (await import(pathToFileURL(client).href)) as typeof ClientModule;

    const limits = { snapshotIntervalBytes: 100_000 };
    const cluster = await TestCluster.start(t, { limits });
    const caller = connect({ config: join(cluster.folder, 'client.json') });
    t.teardown(async () => caller.close());
    const writers = new Writers(cluster);
    const doNothing = async (): Promise<string> => {
      const nothing = { compare: [], success: [{ op: 'leases.nothing' }], failure: [] };
      try {
        const { result } = await caller.transact(nothing as never, { timeoutMs: 10_000 });
        return result.type;
      } catch (error) {
        return `${(error as { code: string }).code}: ${(error as Error).message}`;
      }
    };
    const follows = (id: string): Promise<unknown> =>
      until(`${id} follows`, async () => {
        const { leader, members } = await cluster.view();
        return leader === id || members.find(member => member.id === id)?.following === true;
      });
    const startAgain = async (id: string, program?: string): Promise<void> => {
      cluster.signal(id, 'SIGTERM');
      await cluster.exitOf(id);
      cluster.startServer(id, [], program);
      await follows(id);
    };

    await startAgain('n0', next);
    await startAgain('n1', next);
    // Whoever leads may be of either build: one does not know the operation, the other knows who.
    t.regex(await doNothing(), /n2|cannot be read/);
    // Rolled back before all were updated: nothing of the new level is in the log.
    await startAgain('n0');
    await startAgain('n0', next);
    await startAgain('n2', next);
    await until('all know it', async () => (await doNothing()) === 'done');

    // Whatever the log or the snapshot holds by now, the version of before does not go on with it.
    const count = writers.ackedCount;
    await until('some more is written', () => writers.ackedCount > count + 500);
    cluster.signal('n0', 'SIGTERM');
    await cluster.exitOf('n0');
    cluster.startServer('n0');
    t.not(await cluster.exitOf('n0'), 0);
    t.regex(cluster.output('n0'), /level 2|up to level 1.*start a newer version/);
    cluster.startServer('n0', [], next);
    await follows('n0');
    await writers.stop();
    await writers.check(t);
  },
);
