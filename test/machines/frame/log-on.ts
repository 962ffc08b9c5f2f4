import { utf8BytesOf } from '../../../src/codec/byte-string.ts';
import {
  type Command,
  encodeCommand,
  type Idempotency,
} from '../../../src/machines/frame/command.ts';
import {
  applyEntry,
  createReplicatedState,
  type Outcome,
  type ReplicatedState,
} from '../../../src/machines/frame/replicated-state.ts';
import type { Result } from '../../../src/machines/frame/result.ts';
import { captureState, StateBuilder } from '../../../src/machines/frame/state-records.ts';
import type { JournalState } from '../../../src/machines/journal/journal.ts';
import type { KeysState } from '../../../src/machines/keys/state.ts';
import type { Answer, Operation } from '../../../src/machines/machines.ts';
import type { Transaction } from '../../../src/machines/transaction.ts';

export type Item = {
  readonly sequence: number;
  readonly named?: Idempotency;
  readonly transaction: Partial<Transaction>;
};

/** A log that grows by an entry at a time, and what it makes of the state. */
export class LogOn {
  state: ReplicatedState;
  term = 1;
  wallMs = 1000;
  /** Of the transactions that `transact` makes. */
  session = 0;
  #sequence = 0;

  constructor(state: ReplicatedState = createReplicatedState()) {
    this.state = state;
  }

  apply(payload: Uint8Array): readonly Outcome[] {
    const index = this.state.appliedIndex + 1;
    const { term, wallMs } = this;
    return applyEntry(this.state, { index, term, wallMs, kind: 'command', payload });
  }

  run(command: Command): readonly Outcome[] {
    return this.apply(encodeCommand(command));
  }

  open(): number {
    this.run({ type: 'openSession', nonce: 'x' });
    this.session = this.state.appliedIndex;
    return this.session;
  }

  tick(operations: readonly Operation[] = [], idempotencyMaxBytes?: number): void {
    this.run({ type: 'tick', idempotencyMaxBytes, operations });
  }

  /** One entry of several callers. */
  entry(
    items: readonly Item[],
    { session = this.session, ackedBelow = 0 } = {},
  ): readonly Outcome[] {
    const whole = items.map(({ sequence, named, transaction }) => ({
      sequence,
      idempotency: named,
      transaction: { compare: [], success: [], failure: [], ...transaction },
    }));
    return this.run({ type: 'transact', session, ackedBelow, items: whole });
  }

  /** The next transaction of the session, alone in its entry. */
  transact(transaction: Partial<Transaction>, named?: Idempotency): Result {
    this.#sequence += 1;
    const item = { sequence: this.#sequence, transaction, ...(named && { named }) };
    const [outcome] = this.entry([item], { ackedBelow: this.#sequence });
    if (outcome === undefined) throw new Error('every transaction has an outcome');
    return outcome.result;
  }

  /** The answers of one that must pass. */
  do(...success: Operation[]): readonly Answer[] {
    const result = this.transact({ success });
    if (result.type !== 'done') throw new Error(JSON.stringify(result));
    return result.answers;
  }

  get journal(): JournalState {
    return this.state.states['journal'] as JournalState;
  }

  get keys(): KeysState {
    return this.state.states['keys'] as KeysState;
  }

  value(key: string): string | undefined {
    return this.keys.keys.get(utf8BytesOf(key))?.value;
  }

  /** Goes on from a snapshot of itself. */
  restart(): void {
    this.state = restored(recordsOf(this.state), this.state);
  }
}

/** The state in records, as text that can be compared. */
export const textOf = (state: ReplicatedState): string =>
  recordsOf(state)
    .map(record => Buffer.from(record).toString('latin1'))
    .join('\n');

export const recordsOf = (state: ReplicatedState): readonly Uint8Array[] => [
  ...captureState(state),
];

export function restored(
  records: Iterable<Uint8Array>,
  { limits }: Pick<ReplicatedState, 'limits'>,
): ReplicatedState {
  const builder = new StateBuilder(limits);
  // In memory of their own, as they come from a file.
  for (const record of records) builder.add(Uint8Array.from(record));
  return builder.finish();
}

export const put = (key: string, value: string): Operation => ({
  op: 'keys.put',
  key: utf8BytesOf(key),
  value: utf8BytesOf(value),
  type: 'text/plain',
  ttlMs: undefined,
  lease: undefined,
  wantsPrevious: false,
});
export const add = (key: string, by: number): Operation => ({
  op: 'keys.add',
  key: utf8BytesOf(key),
  by,
});
export const append = (batchId: string, count = 1): Operation => ({
  op: 'journal.append',
  batchId,
  count,
  data: Buffer.from(`[${'{},'.repeat(count - 1)}{}]`),
});
export const acquire = (lock: string, holder: string, ttlMs = 1000): Operation => ({
  op: 'keys.acquire',
  lock: lock as never,
  holder,
  waits: false,
  ttlMs,
  lease: undefined,
});
