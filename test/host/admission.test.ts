import test from 'ava';
import { view } from '../../src/consensus/protocol.ts';
import type { MonotonicMs } from '../../src/consensus/types.ts';
import { idempotencyFigures, notAdmitted } from '../../src/host/admission.ts';
import type { HostContext } from '../../src/host/host-context.ts';
import { type Command, encodeCommand } from '../../src/machines/frame/command.ts';
import {
  applyEntry,
  createReplicatedState,
  stateLimits,
} from '../../src/machines/frame/replicated-state.ts';
import { bytesPerUse } from '../../src/machines/frame/use-table.ts';
import { happen, makeLeader, ofType, replica } from '../consensus/fixtures.ts';

const minute = 60_000;
/** With the answer of a transaction that does nothing. */
const useBytes = bytesPerUse + 3;
type Transact = Extract<Command, { type: 'transact' }>;

const transaction = { compare: [], success: [], failure: [] };
const put = (sequence: number, key: string | undefined, session: number): Transact => {
  const idempotency = key === undefined ? undefined : { key, fingerprint: key };
  const items = [{ sequence, idempotency, transaction }];
  return { type: 'transact', session, ackedBelow: sequence, items };
};

test('a leader without room turns away new keys alone, and only as long as it must', t => {
  const server = replica();
  const limits = { promisedMs: minute, lifetimeMs: 10 * minute, maxBytes: 2 * useBytes };
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
  run({ type: 'openSession', nonce: 'n' });
  const session = state.appliedIndex;
  run(put(1, 'a', session));
  const asked = ['a', 'new', undefined, 'newer'].map(name => put(9, name, session));
  const refused = () => notAdmitted(context, asked)?.places;
  t.is(refused(), undefined);
  run(put(2, 'b', session));
  t.deepEqual(refused(), [1, 3]);
  t.deepEqual(idempotencyFigures(context), {
    idempotencyKeys: 2,
    idempotencyBytes: 2 * useBytes,
    idempotencyWindowMs: 10 * minute,
  });
  // Log time goes on although nobody writes.
  nowMs += minute - 1;
  t.deepEqual(refused(), [1, 3]);
  nowMs += 1;
  t.is(refused(), undefined);
  run(put(3, 'c', session));
  t.is(idempotencyFigures(context).idempotencyWindowMs, minute);
});
