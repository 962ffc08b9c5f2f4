import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeDirectory } from '../../src/cli/make-directory.ts';
import { putInPlace } from '../../src/cli/recover.ts';
import { StartupError } from '../../src/errors/startup-error.ts';
import { createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import { Random } from '../../src/simulation/random.ts';
import type { LogIndex, Term } from '../../src/words.ts';
import { countMax } from '../../src/words.ts';
import { SimulatedDisk } from '../storage/simulated-disk.ts';

test('a cluster that has been restored so often that its servers would refuse each other is not made', async t => {
  const root = mkdtempSync(join(tmpdir(), 'gossip-raft-restored-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const make = (name: string, index: number) =>
    makeDirectory(
      join(root, name),
      { clusterName: 'cluster', nodeId: 'n0' },
      {
        position: { term: 1 as Term, index: index as LogIndex },
        state: createReplicatedState(),
        async *batches() {},
        origin: 'origin',
      },
    );
  await make('often', countMax - 4e12);
  t.true(existsSync(join(root, 'often')));
  for (const index of [countMax - 2e12, countMax + 1e12]) {
    const error = await t.throwsAsync(make('too-often', index), { instanceOf: StartupError });
    t.regex(error?.message ?? '', /restored too often/);
    t.false(existsSync(join(root, 'too-often')));
  }
});

test('what recover has put in its place is there after a power loss', t => {
  const disk = new SimulatedDisk();
  disk.writeAndSync('/data/n0', 'old');
  disk.writeAndSync('/data/n0.recovering', 'new');
  disk.syncDirectory();
  putInPlace(disk, '/data/n0.recovering', '/data/n0', '/data/n0.before');
  for (let survival = 0; survival < 20; survival += 1) {
    const boot = disk.afterPowerLoss(new Random(1, survival));
    const found = ['/data/n0', '/data/n0.before'].map(path => boot.readTextIfPresent(path));
    t.deepEqual(found, ['new', 'old']);
  }
});
