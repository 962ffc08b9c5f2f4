import test from 'ava';
import type { Entry, MonotonicMs, WallMs } from '../../src/consensus/types.ts';
import { Snapshotter } from '../../src/host/snapshotter.ts';
import { createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import { entry } from '../storage/crash-points.ts';

const entryBytes = 100;

/** After how many entries snapshots are made, when each has as many bytes. */
async function snapshotsOf(lastSizeBytes: number, sizeBytes: number): Promise<number[]> {
  const saved: number[] = [];
  const snapshotter = new Snapshotter({
    store: {
      save: async ({ index }) => {
        saved.push(index);
        return { sizeBytes };
      },
      fetch: () => Promise.resolve(undefined),
    },
    clock: { monotonicNow: () => 0 as MonotonicMs, wallNow: () => 0 as WallMs },
    intervalBytes: 5 * entryBytes,
    lastSizeBytes,
    onSaved: () => Promise.resolve(),
    onFailure: error => {
      throw error;
    },
  });
  const state = createReplicatedState();
  for (let index = 1; index <= 60; index += 1) {
    const payload = new Uint8Array(entryBytes);
    snapshotter.noteApplied(state, { ...entry(index, 1), kind: 'command', payload } as Entry);
    await new Promise(resolve => setImmediate(resolve));
  }
  await snapshotter.stop();
  return saved;
}

test('a snapshot is made after as much log as the last one had, also when that was made before the start', async t => {
  t.deepEqual(await snapshotsOf(0, 100), [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
  t.deepEqual(await snapshotsOf(0, 20 * entryBytes), [5, 25, 45]);
  t.deepEqual(await snapshotsOf(30 * entryBytes, 10 * entryBytes), [30, 40, 50, 60]);
});
