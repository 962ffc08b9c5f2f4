import test from 'ava';
import { view } from '../../src/consensus/protocol.ts';
import type { MonotonicMs } from '../../src/consensus/types.ts';
import type { HostContext } from '../../src/host/host-context.ts';
import { idempotencyFigures, withoutRoom } from '../../src/host/idempotency-room.ts';
import { type Command, encodeCommand } from '../../src/state-machines/command.ts';
import {
  applyEntry,
  createReplicatedState,
  stateLimits,
} from '../../src/state-machines/replicated-state.ts';
import { bytesPerUse } from '../../src/state-machines/use-table.ts';
import { happen, makeLeader, ofType, replica } from '../consensus/fixtures.ts';

const minute = 60_000;
const put = (sequence: number, idempotencyKey: string | undefined, session: number): Command => ({
  kind: 'put',
  session,
  sequence,
  ackedBelow: sequence,
  batchId: 'b',
  idempotencyKey,
  fingerprint: idempotencyKey,
  count: 1,
  data: Buffer.from('[{}]'),
});

test('a leader without room turns away new keys alone, and only as long as it must', t => {
  const server = replica();
  const limits = { promisedMs: minute, lifetimeMs: 10 * minute, maxBytes: 2 * bytesPerUse };
  const state = createReplicatedState({ ...stateLimits, idempotency: limits });
  let nowMs = 1000;
  const host = { view: () => view(server), now: () => nowMs as MonotonicMs };
  const context = { host, applyLoop: { state } } as unknown as HostContext;
  makeLeader(server, nowMs);
  const run = (command: Command): void => {
    const proposals = [{ id: 1, payload: encodeCommand(command) }];
    const effects = happen(server, nowMs, { type: 'propose', proposals, wallMs: 1e12 as never });
    for (const { entries } of ofType(effects, 'append')) {
      for (const entry of entries) applyEntry(state, entry);
    }
  };
  run({ kind: 'openSession', nonce: 'n' });
  const session = state.appliedIndex;
  run(put(1, 'a', session));
  const asked = ['a', 'new', undefined, 'newer'].map(name => encodeCommand(put(9, name, session)));
  t.deepEqual(withoutRoom(context, asked), []);
  run(put(2, 'b', session));
  t.deepEqual(withoutRoom(context, asked), [1, 3]);
  t.deepEqual(idempotencyFigures(context), {
    idempotencyKeys: 2,
    idempotencyBytes: 2 * bytesPerUse,
    idempotencyWindowMs: 10 * minute,
  });
  // Log time goes on although nobody writes.
  nowMs += minute - 1;
  t.deepEqual(withoutRoom(context, asked), [1, 3]);
  nowMs += 1;
  t.deepEqual(withoutRoom(context, asked), []);
  run(put(3, 'c', session));
  t.is(idempotencyFigures(context).idempotencyWindowMs, minute);
});
