import { type ByteString, endOfKey, utf8BytesOf } from '../codec/byte-string.ts';
import type { Answer, Operation } from '../machines/machines.ts';
import type { Transaction, TransactionResult } from '../machines/transaction.ts';
import { SimulationFailure } from './failure.ts';
import type { HistoryOperation } from './linearizability.ts';
import type { Random } from './random.ts';

type Action = HistoryOperation['action'];

/** A write of one key: as the machines take it, and as the history tells of it. */
export type KeyWrite = {
  readonly key: ByteString;
  readonly transaction: Transaction;
  readonly action: Action;
  /** The action, with what the answer says of it. */
  actionDone(result: TransactionResult): Action;
};

const texts = ['a', 'b'].map(utf8BytesOf);
const numbers = ['n', 'm'].map(utf8BytesOf);

export const anyKey = (random: Random): ByteString =>
  random.pick([...texts, ...numbers] as [ByteString, ...ByteString[]]);

export function randomKeyWrite(random: Random, value: string): KeyWrite {
  if (random.chance(0.4)) return addition(random.pick(numbers as [ByteString, ...ByteString[]]));
  const key = random.pick(texts as [ByteString, ...ByteString[]]);
  if (random.chance(0.2)) return deletion(key);
  return random.chance(0.3) ? compareAndSet(key, value) : assignment(key, value);
}

const only = (operation: Operation): Transaction => ({
  compare: [],
  success: [operation],
  failure: [],
});

const put = (key: ByteString, value: string): Operation => ({
  op: 'keys.put',
  key,
  value: utf8BytesOf(value),
  type: 'text/plain',
  ttlMs: undefined,
  lease: undefined,
  wantsPrevious: false,
});

function assignment(key: ByteString, value: string): KeyWrite {
  const action: Action = { type: 'write', value };
  return { key, transaction: only(put(key, value)), action, actionDone: () => action };
}

function deletion(key: ByteString): KeyWrite {
  const action: Action = { type: 'write', value: undefined };
  const range = { start: key, end: endOfKey(key) };
  const transaction = only({ op: 'keys.delete', ...range, wantsPrevious: false });
  return { key, transaction, action, actionDone: () => action };
}

/** Creates the key, if nobody has done so before. */
function compareAndSet(key: ByteString, value: string): KeyWrite {
  const action: Action = { type: 'compareAndSet', expected: undefined, value, wrote: undefined };
  const absent = { start: key, end: endOfKey(key), is: '=', number: 0 } as const;
  return {
    key,
    transaction: {
      compare: [{ on: 'keys.version', ...absent }],
      success: [put(key, value)],
      failure: [],
    },
    action,
    actionDone: result => ({ ...action, wrote: done(result).succeeded }),
  };
}

function addition(key: ByteString): KeyWrite {
  const action: Action = { type: 'add', by: 1, saw: undefined };
  return {
    key,
    transaction: only({ op: 'keys.add', key, by: 1 }),
    action,
    actionDone: result => ({ ...action, saw: addedIn(done(result).answers) }),
  };
}

function addedIn([answer]: readonly Answer[]): string | undefined {
  return answer?.op === 'keys.add' ? answer.item.value : undefined;
}

function done(result: TransactionResult): Extract<TransactionResult, { type: 'done' }> {
  if (result.type === 'done') return result;
  throw new SimulationFailure(`a transaction got ${result.type}`);
}
