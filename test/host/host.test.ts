import test from 'ava';
import type { Event, MonotonicMs, WallMs } from '../../src/consensus/types.ts';
import { Host } from '../../src/host/host.ts';
import { makeLeader, replica } from '../consensus/fixtures.ts';

/** A host whose clocks and timers the test holds. */
function hosted(server = replica({ terms: [1] })) {
  const times = { nowMs: 1000, wallMs: 5_000_000 };
  const timers: (() => void)[] = [];
  const host = new Host(server, {
    clock: {
      monotonicNow: () => times.nowMs as MonotonicMs,
      wallNow: () => times.wallMs as WallMs,
    },
    timers: {
      after: (_, run) => {
        timers.push(run);
        return () => undefined;
      },
      turnOfTheOthers: () => Promise.resolve(),
      slice: () => () => false,
    },
  });
  return { host, times, timers };
}

test('what happens before the start is handled by it, in its order', t => {
  const server = replica({ terms: [1] });
  makeLeader(server, 900);
  const { host } = hosted(server);
  const payload = new Uint8Array(1);
  host.dispatch({ type: 'propose', proposals: [{ id: 7, payload }], wallMs: 1 as WallMs });
  host.dispatch({ type: 'read', id: 8 });
  t.is(server.log.lastIndex, 2 as never, 'its effects would be lost');
  const kinds: string[] = [];
  host.start(effects => kinds.push(...effects.map(({ type }) => type)));
  t.is(server.log.lastIndex, 3 as never);
  t.true(kinds.includes('append'));
});

test('after a turn that was broken off nothing is done any more, and nobody can overlook it', t => {
  const { host, timers } = hosted();
  let turns = 0;
  host.start(() => {
    turns += 1;
  });
  // It asserts that only what was applied is cut off.
  const impossible: Event = { type: 'compacted', baseIndex: 99 as never };
  t.throws(() => host.dispatch(impossible), { message: /only what a snapshot holds/ });
  const before = turns;
  host.dispatch({ type: 'tick' });
  t.is(turns, before);
  t.true(host.isStopped);
  t.throws(() => timers.at(-1)?.(), { message: /only what a snapshot holds/ });
});

test('the stamp of a leader that slept before its election is the time of the wall', t => {
  const { host, times } = hosted();
  host.start(() => undefined);
  times.wallMs += 48 * 60 * 60 * 1000;
  t.is(host.wallNow(), times.wallMs as WallMs);
});
