import { MalformedBytes } from '../codec/byte-reader.ts';
import { splitJsonArray } from '../codec/split-json-array.ts';
import { type Command, decodeCommand } from '../machines/frame/command.ts';
import { MalformedMessage } from '../transport/wire-checks.ts';

const commandsPerRequestMax = 10_000;

export type TransactCommand = Extract<Command, { type: 'transact' }>;

/**
 * The commands of a client. An entry stays in the log for ever: what no machine would understand is
 * refused at the door. Throws a MalformedMessage.
 */
export function readTransactions(commands: readonly Uint8Array[]): readonly TransactCommand[] {
  const { length } = commands;
  if (length === 0 || length > commandsPerRequestMax) {
    throw new MalformedMessage(`expected 1 to ${commandsPerRequestMax} commands, got ${length}`);
  }
  return commands.map((bytes, place) => {
    const command = decoded(bytes, place);
    // What else there is, servers alone may say.
    if (command.type !== 'transact') {
      throw new MalformedMessage(`command ${place} is no transaction`);
    }
    for (const { transaction } of command.items) {
      for (const operation of [...transaction.success, ...transaction.failure]) {
        if (operation.op === 'journal.append') demandObjects(operation, place);
      }
    }
    return command;
  });
}

function decoded(bytes: Uint8Array, place: number): Command {
  try {
    return decodeCommand(bytes);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new MalformedMessage(`command ${place} cannot be read: ${error.message}`);
  }
}

function demandObjects(
  { count, data }: { readonly count: number; readonly data: Uint8Array },
  place: number,
): void {
  const found = splitJsonArray(data).length;
  if (found === count) return;
  throw new MalformedMessage(`command ${place} says ${count} objects and holds ${found}`);
}
