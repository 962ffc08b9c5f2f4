import { type ByteString, utf8BytesOf } from '../codec/byte-string.ts';
import type { Result } from '../state-machines/result.ts';
import type { Operation, Transaction } from '../state-machines/transaction.ts';
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
  actionDone(result: Result): Action;
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

const set = (key: ByteString, value: string): Operation => ({
  op: 'set',
  key,
  value: utf8BytesOf(value),
  type: 'text/plain',
  ttlMs: undefined,
});

function assignment(key: ByteString, value: string): KeyWrite {
  const action: Action = { type: 'write', value };
  return { key, transaction: only(set(key, value)), action, actionDone: () => action };
}

function deletion(key: ByteString): KeyWrite {
  const action: Action = { type: 'write', value: undefined };
  return { key, transaction: only({ op: 'delete', key }), action, actionDone: () => action };
}

/** Creates the key, if nobody has done so before. */
function compareAndSet(key: ByteString, value: string): KeyWrite {
  const action: Action = { type: 'compareAndSet', expected: undefined, value, wrote: undefined };
  return {
    key,
    transaction: {
      compare: [{ what: 'version', key, is: '=', number: 0 }],
      success: [set(key, value)],
      failure: [],
    },
    action,
    actionDone: result => ({ ...action, wrote: transacted(result).succeeded }),
  };
}

function addition(key: ByteString): KeyWrite {
  const action: Action = { type: 'add', by: 1, saw: undefined };
  return {
    key,
    transaction: only({ op: 'add', key, by: 1 }),
    action,
    actionDone: result => {
      const [answer] = transacted(result).answers;
      return { ...action, saw: answer?.op === 'added' ? answer.value : undefined };
    },
  };
}

function transacted(result: Result): Extract<Result, { kind: 'transacted' }> {
  if (result.kind === 'transacted') return result;
  throw new SimulationFailure(`a transaction got ${result.kind}`);
}
