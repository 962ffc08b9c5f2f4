import test from 'ava';
import { encodeCommand } from '../../../src/machines/frame/command.ts';
import { applyEntry, createReplicatedState } from '../../../src/machines/frame/replicated-state.ts';
import { happen, makeLeader, ofType, replica } from '../../consensus/fixtures.ts';
import { checkLogTime } from './log-time.ts';

const hour = 60 * 60 * 1000;
const tick = encodeCommand({ type: 'tick', idempotencyMaxBytes: undefined, operations: [] });

test('the clock of the log moves with the monotonic clock of whoever leads, and by nothing else', t => {
  t.is(checkLogTime(300), undefined);
});

test('time goes on under a leader that comes after one whose clock is a day ahead', t => {
  const aheadMs = 1_000_000 + 25 * hour;
  const server = replica({ terms: [1], wallMs: aheadMs });
  const state = createReplicatedState();
  applyEntry(state, { index: 1, term: 1, wallMs: aheadMs, kind: 'command', payload: tick });
  makeLeader(server, 1000);
  for (const [id, atMs] of [1000, 2000, 3500].entries()) {
    const event = { proposals: [{ id, payload: tick }], wallMs: (1_000_000 + atMs) as never };
    const effects = happen(server, atMs, { type: 'propose', ...event });
    for (const { entries } of ofType(effects, 'append')) {
      for (const entry of entries) applyEntry(state, entry);
    }
  }
  t.is(state.clock.nowMs, 2500);
});
