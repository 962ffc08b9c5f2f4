import test from 'ava';
import { LeaseKeeper } from '../../src/host/lease-keeper.ts';
import { decodeCommand, encodeCommand } from '../../src/machines/frame/command.ts';
import { applyEntry, createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import type { Operation } from '../../src/machines/machines.ts';
import { alone, only } from '../fixtures/commands.ts';

/** A leader of one, whose log applies at once what it proposes, unless it is told not to. */
function leader(startAtMs = 1000) {
  const state = createReplicatedState();
  const world = { nowMs: startAtMs, term: 1, role: 'leader', holdsBack: false, hasSlept: false };
  const timers = new Set<{ atMs: number; run: () => void }>();
  const ended: number[] = [];
  const heldBack: (() => void)[] = [];
  let advanced = (): void => undefined;
  let index = 0;
  let sequence = 0;
  const apply = (payload: Uint8Array): void => {
    index += 1;
    const entry = { term: world.term, wallMs: world.nowMs, kind: 'command' as const };
    applyEntry(state, { ...entry, index, payload });
    const command = decodeCommand(payload);
    const [operation] = command.type === 'tick' ? command.operations : [];
    if (operation?.op === 'leases.expire') ended.push(...operation.leases.map(one => one.lease));
    advanced();
  };
  const context = {
    applyLoop: { state },
    host: {
      view: () => ({ role: world.role, term: world.term }),
      now: () => world.nowMs,
      checkClock: () => !world.hasSlept,
    },
    requests: {
      onAdvance: (run: () => void) => {
        advanced = run;
        return () => undefined;
      },
      propose: ([payload]: Uint8Array[], tell: (answer: object) => void) => {
        const takeEffect = (): void => payload && apply(payload);
        if (world.holdsBack) heldBack.push(takeEffect);
        tell({ type: 'appended', position: { term: world.term, index: index + 1 } });
        if (!world.holdsBack) takeEffect();
      },
      appliedAt: (_: unknown, tell: (isApplied: boolean) => void) =>
        heldBack.push(() => tell(true)),
    },
    timers: {
      after: (delayMs: number, run: () => void) => {
        const timer = { atMs: world.nowMs + delayMs, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
  };
  const keeper = new LeaseKeeper(context as never);
  keeper.start();
  apply(encodeCommand({ type: 'openSession', nonce: 'n' }));
  return {
    world,
    keeper,
    ended,
    heldBack,
    write(...operations: Operation[]): void {
      sequence += 1;
      apply(encodeCommand(alone({ session: 1, sequence }, only(...operations))));
    },
    /** Time passes, and the timers run in time. */
    passTo(nowMs: number): void {
      for (;;) {
        const due = [...timers].filter(({ atMs }) => atMs <= nowMs);
        const [next] = due.sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        timers.delete(next);
        world.nowMs = Math.max(world.nowMs, next.atMs);
        next.run();
      }
      world.nowMs = Math.max(world.nowMs, nowMs);
    },
    /** Time passes, and nothing runs meanwhile. */
    standStillTo(nowMs: number): void {
      world.nowMs = nowMs;
      for (const timer of [...timers]) {
        if (timer.atMs > nowMs) continue;
        timers.delete(timer);
        timer.run();
      }
    },
    /** Another entry is applied. */
    advance: () =>
      apply(encodeCommand({ type: 'tick', idempotencyMaxBytes: undefined, operations: [] })),
  };
}

const grant = (ttlMs: number): Operation => ({ op: 'leases.grant', ttlMs });

test('a lease ends when its time is over, and not a millisecond before', t => {
  const { write, passTo, ended } = leader();
  write(grant(500));
  passTo(1499);
  t.deepEqual(ended, []);
  passTo(1500);
  t.deepEqual(ended, [1]);
});

test('a lease that is kept alive ends its full time after the request came in', t => {
  const { write, passTo, ended, keeper } = leader();
  write(grant(500));
  passTo(1400);
  t.deepEqual(keeper.keepAlive([1, 7], 1390), [{ lease: 1, ttlMs: 500 }]);
  passTo(1889);
  t.deepEqual(ended, []);
  passTo(1890);
  t.deepEqual(ended, [1]);
  t.deepEqual(keeper.keepAlive([1], 1890), []);
});

test('what is renewed in the log has its full time again', t => {
  const { write, passTo, ended } = leader();
  const put = { op: 'keys.put', value: 'v', type: 't', lease: undefined, wantsPrevious: false };
  write({ ...put, key: 'k', ttlMs: 500 } as never);
  passTo(1400);
  write({ ...put, key: 'k', ttlMs: 300 } as never);
  passTo(1699);
  t.deepEqual(ended, []);
  passTo(1700);
  t.deepEqual(ended, [1]);
});

test('a new leader gives every lease its full time', t => {
  const { write, passTo, world, ended, advance, keeper } = leader();
  write(grant(500));
  passTo(1400);
  world.role = 'follower';
  advance();
  t.is(keeper.remainingMs(1), undefined);
  t.deepEqual(keeper.keepAlive([1], 1400), []);
  passTo(5000);
  t.deepEqual(ended, [], 'who does not lead ends nothing');
  world.role = 'leader';
  world.term = 2;
  t.is(keeper.remainingMs(1), undefined, 'not before an entry of the own term is applied');
  advance();
  t.is(keeper.remainingMs(1), 500);
  passTo(5499);
  t.deepEqual(ended, []);
  passTo(5500);
  t.deepEqual(ended, [1]);
});

test('a process that stood still may not have heard of the holders: all begin anew', t => {
  const { write, passTo, standStillTo, ended } = leader();
  write(grant(500));
  standStillTo(1700);
  t.deepEqual(ended, []);
  passTo(2199);
  t.deepEqual(ended, []);
  passTo(2200);
  t.deepEqual(ended, [1]);
});

test('a machine that slept, whose monotonic clock did not count it, ends nothing at once', t => {
  const { write, passTo, world, ended } = leader();
  write(grant(500));
  world.hasSlept = true;
  passTo(1500);
  t.deepEqual(ended, []);
  world.hasSlept = false;
  passTo(2000);
  t.deepEqual(ended, [1]);
});

test('whoever keeps a lease alive whose end is proposed comes too late, and is told so', t => {
  const { write, passTo, world, ended, keeper, heldBack } = leader();
  write(grant(500));
  world.holdsBack = true;
  passTo(1500);
  t.deepEqual(keeper.keepAlive([1], 1500), []);
  t.deepEqual(ended, []);
  world.holdsBack = false;
  for (const run of heldBack.splice(0)) run();
  t.deepEqual(ended, [1]);
});

test('ten thousand leases that end together are ended a thousand at a time', t => {
  const { write, passTo, ended } = leader();
  for (let count = 0; count < 25; count += 1) {
    write(...Array.from({ length: 100 }, () => grant(500)));
  }
  passTo(1500);
  t.is(new Set(ended).size, 2500);
  t.is(ended.length, 2500);
});
