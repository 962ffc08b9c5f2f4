import { quoted } from '../../events/quoted-words.ts';
import { operationText, type Transaction } from '../transaction.ts';
import type { Command } from './command.ts';

/*
 * Commands as lines for people: `SET name1 Jaggu`. What a line leaves out (sessions, batch ids) has
 * no part in what the machines come to hold.
 */

/** The command in lines: one, or one for each of the transactions that share the entry. */
export function commandTexts(command: Command): readonly string[] {
  switch (command.type) {
    case 'openSession':
      return ['SESSION'];
    case 'tick':
      return ['TICK', ...command.operations.map(operationText)];
    case 'raiseLevel':
      return [`LEVEL ${command.level}`];
    case 'transact':
      return command.items.map(({ transaction }) => transactionText(transaction));
  }
}

export function transactionText(transaction: Transaction): string {
  const { compare, success } = transaction;
  const [operation] = success;
  const isPlain = compare.length === 0 && success.length === 1 && operation !== undefined;
  return isPlain ? operationText(operation) : `TXN ${quoted(transactionJson(transaction))}`;
}

/** Bytes that were posted stand in it as base64. */
const transactionJson = (transaction: Transaction): string =>
  JSON.stringify(transaction, (_, value) => {
    const isBytes = value?.type === 'Buffer' || value instanceof Uint8Array;
    return isBytes ? { base64: Buffer.from(value.data ?? value).toString('base64') } : value;
  });

/** The reverse; what it makes is not checked. */
export const transactionOfJson = (json: string): unknown =>
  JSON.parse(json, (_, value) =>
    typeof value?.base64 === 'string' ? Buffer.from(value.base64, 'base64') : value,
  );
