import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { encode } from '../../../src/codec/shape.ts';
import { type Command, encodeCommand } from '../../../src/machines/frame/command.ts';
import { floorBeyond, raisedState } from '../../../src/machines/frame/raised-state.ts';
import {
  applyEntry,
  createReplicatedState,
  type Outcome,
  type ReplicatedState,
  stateLimits,
} from '../../../src/machines/frame/replicated-state.ts';
import { type Result, transactionResultShape } from '../../../src/machines/frame/result.ts';
import { captureState, StateBuilder } from '../../../src/machines/frame/state-records.ts';
import { bytesPerUse } from '../../../src/machines/frame/use-table.ts';
import type { JournalState } from '../../../src/machines/journal/journal.ts';
import type { Operation } from '../../../src/machines/machines.ts';
import { add, append } from './log-on.ts';
import { NaiveFrame } from './naive-frame.ts';

/*
 * Any entries, under any leaders: the frame answers each of the callers that share one what a naive
 * one answers, holds what that holds, and goes on the same after a snapshot; and a cluster that is
 * restored from a backup gives out nothing twice.
 */

const idempotency = { promisedMs: 300, lifetimeMs: 3000, maxBytes: 4 * (bytesPerUse + 20) };
const limits = { ...stateLimits, idempotency };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b'), fc.integer({ min: -2, max: 2 }))
      .map(([key, by]) => add(key, by)),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 3 }).map(count => append(`of ${count}`, count)),
  },
  { weight: 1, arbitrary: fc.constant({ op: 'leases.grant' as const, ttlMs: 100 }) },
  // Nobody holds it: whatever stands before it in its transaction must leave no trace.
  {
    weight: 1,
    arbitrary: fc.constant({ op: 'keys.release' as const, lock: 'l' as never, token: 1 }),
  },
);
const item = fc
  .record({
    sequence: fc.integer({ min: 1, max: 60 }),
    name: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
    use: fc.constantFrom(0, 0, 0, 1),
    success: fc.array(operation, { maxLength: 4 }),
  })
  .map(({ sequence, name, use, success }) => ({
    sequence,
    idempotency: name === undefined ? undefined : { key: `key ${name}`, fingerprint: `use ${use}` },
    transaction: { compare: [], success, failure: [] },
  }));
const step = fc.record({
  items: fc.array(item, { maxLength: 4 }),
  isLost: fc.constantFrom(false, false, false, false, true),
  ackedBelow: fc.constantFrom(0, 0, 0, 5, 20),
  passedMs: fc.constantFrom(0, 1, 50, 100, 150, 1000),
  isNewLeader: fc.constantFrom(false, false, false, true),
  /** What the clock of a new leader shows more or less than that of the one before. */
  jumpMs: fc.integer({ min: -1_000_000, max: 1_000_000 }),
  /** What the state goes through before the entry. */
  file: fc.option(fc.constantFrom('snapshot', 'snapshot', 'snapshot', 'backup'), { freq: 5 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function restored(state: ReplicatedState): ReplicatedState {
  const builder = new StateBuilder(limits);
  for (const record of captureState(state)) builder.add(Uint8Array.from(record));
  return builder.finish();
}

class Twins {
  #state = createReplicatedState(limits);
  readonly #naive = new NaiveFrame({ ...idempotency, bytesPerUse });
  #at = { index: 0, term: 1, wallMs: 2_000_000_000 };
  #session = 0;
  /** Of before the last restore; else of nobody. */
  #lostSession = 99;

  constructor() {
    this.#open();
  }

  /** What differs after a step; undefined when nothing does. */
  run({
    items,
    isLost,
    ackedBelow,
    passedMs,
    isNewLeader,
    jumpMs,
    file,
  }: Step): string | undefined {
    const { index, term, wallMs } = this.#at;
    this.#at = isNewLeader
      ? { index, term: term + 1, wallMs: wallMs + jumpMs }
      : { index, term, wallMs: wallMs + passedMs };
    if (file !== null) this.#state = restored(this.#state);
    if (file === 'backup') this.#restore();
    const session = isLost ? this.#lostSession : this.#session;
    const outcomes = this.#apply({ type: 'transact', session, ackedBelow, items });
    const right = this.#naive.transact(this.#at, session, items, ackedBelow, place =>
      answerBytes(outcomes[place]?.result),
    );
    const told = outcomes.map(({ result, hadEffect }) => ({ result: compared(result), hadEffect }));
    if (!isDeepStrictEqual(told, right)) {
      return `${JSON.stringify(items)}: ${JSON.stringify(told)}, not ${JSON.stringify(right)}`;
    }
    return this.#differenceOfContents();
  }

  /** From here on it is another cluster, and the old one may have gone on. */
  #restore(): void {
    const floor = floorBeyond(this.#at.index);
    this.#state = raisedState(this.#state, floor);
    this.#naive.raise(floor);
    this.#at = { ...this.#at, index: floor };
    this.#lostSession = this.#session;
    this.#open();
  }

  #open(): void {
    this.#apply({ type: 'openSession', nonce: 'n' });
    this.#session = this.#at.index;
    this.#naive.open(this.#session);
  }

  #apply(command: Command): readonly Outcome[] {
    this.#at = { ...this.#at, index: this.#at.index + 1 };
    this.#naive.pass(this.#at);
    const entry = { ...this.#at, kind: 'command' as const, payload: encodeCommand(command) };
    return applyEntry(this.#state, entry);
  }

  #differenceOfContents(): string | undefined {
    const { store, nowMs } = this.#naive;
    const { lastSeq, byBatchId } = this.#state.states['journal'] as JournalState;
    const holds = {
      nowMs: this.#state.clock.nowMs,
      token: this.#state.token,
      lastSeq,
      batches: [...store.batches.keys()].map(id => byBatchId.get(id)),
    };
    const batches = [...store.batches.values()];
    const right = { nowMs, token: store.token, lastSeq: store.lastSeq, batches };
    if (isDeepStrictEqual(holds, right)) return undefined;
    return `the state holds ${JSON.stringify(holds)}, not ${JSON.stringify(right)}`;
  }
}

function answerBytes(result: Result | undefined): number {
  return result?.type === 'remembered' ? encode(transactionResultShape, result.result).length : 0;
}

/** Of an answer about a key only its value: the rest is the keys' own affair. */
function compared(result: unknown): object {
  const text = JSON.stringify(result, (_, value) =>
    value?.op === 'keys.add'
      ? { op: value.op, value: value.item.value, revision: value.revision }
      : value,
  );
  return JSON.parse(text) as object;
}

/** What is wrong with the frame; undefined when nothing was found. */
export function checkFrame(runs: number): string | undefined {
  let wrong: string | undefined;
  const steps = fc.array(step, { minLength: 1, maxLength: 50, size: 'max' });
  const property = fc.property(steps, plan => {
    const twins = new Twins();
    for (const one of plan) {
      const found = twins.run(one);
      if (found === undefined) continue;
      wrong = found;
      return false;
    }
    return true;
  });
  const { failed, errorInstance } = fc.check(property, { numRuns: runs });
  return failed ? (wrong ?? String(errorInstance)) : undefined;
}
