import test from 'ava';
import { ApplyLoop } from '../../src/host/apply-loop.ts';
import { createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import { processTimers } from '../../src/server/real-world.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import type { LogIndex } from '../../src/words.ts';
import { entriesOf } from '../consensus/fixtures.ts';
import { until } from '../fixtures/until.ts';

/** Longer than the loop goes on without letting others have their turn. */
const busyMs = 8;

function spin(): void {
  const endsAt = performance.now() + busyMs;
  while (performance.now() < endsAt);
}

const unexpected = (error: Error): void => {
  throw error;
};

const logOf = (count: number): MemoryStore => {
  const ignored = { persisted: () => undefined, failed: () => undefined };
  const log = new MemoryStore(ignored);
  const noops = entriesOf(Array.from({ length: count }, () => 1));
  log.append(
    noops.map(entry => ({ ...entry, kind: 'noop' as const })),
    0,
  );
  return log;
};

test('others have their turn between two slices, however much there is to apply', async t => {
  const order: string[] = [];
  const listener = {
    applied: ({ index }: { index: number }) => {
      order.push(`${index}`);
      setImmediate(() => order.push('turn'));
      spin();
    },
    advanced: () => undefined,
    failed: unexpected,
  };
  const loop = new ApplyLoop(createReplicatedState(), logOf(4), processTimers, listener);
  loop.applyUpTo(4 as LogIndex);
  await until('all is applied', () => order.filter(item => item === 'turn').length === 4);
  t.deepEqual(order, ['1', 'turn', '2', 'turn', '3', 'turn', '4', 'turn']);
});

test('a snapshot that comes between two slices is not applied over', async t => {
  const applied: number[] = [];
  const loop: ApplyLoop = new ApplyLoop(createReplicatedState(), logOf(6), processTimers, {
    failed: unexpected,
    applied: ({ index }) => {
      applied.push(index);
      spin();
    },
    advanced: index => {
      if (index !== 2) return;
      setImmediate(() => loop.replace({ ...createReplicatedState(), appliedIndex: 4 }));
    },
  });
  loop.applyUpTo(6 as LogIndex);
  await until('all is applied', () => loop.state.appliedIndex === 6);
  t.deepEqual(applied, [1, 2, 5, 6]);
});

test('a loop that is stopped applies nothing more', async t => {
  const applied: number[] = [];
  let stopped: Promise<void> | undefined;
  const loop: ApplyLoop = new ApplyLoop(createReplicatedState(), logOf(6), processTimers, {
    failed: unexpected,
    applied: ({ index }) => {
      applied.push(index);
      spin();
    },
    advanced: index => {
      if (index === 2) stopped = loop.stop();
    },
  });
  loop.applyUpTo(6 as LogIndex);
  await until('it was told to stop', () => stopped !== undefined);
  await stopped;
  t.deepEqual(applied, [1, 2]);
});

test('what is committed in the moment in which the loop ends is applied', async t => {
  const loop: ApplyLoop = new ApplyLoop(createReplicatedState(), logOf(2), processTimers, {
    failed: unexpected,
    applied: () => undefined,
    advanced: index => {
      if (index === 1) queueMicrotask(() => loop.applyUpTo(2 as LogIndex));
    },
  });
  loop.applyUpTo(1 as LogIndex);
  await until('the second entry is applied', () => loop.state.appliedIndex === 2);
  t.is(loop.state.appliedIndex, 2);
});
