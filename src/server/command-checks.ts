import { bytesOf } from '../codec/byte-string.ts';
import { splitJsonArray } from '../codec/split-json-array.ts';
import { decodeCommand, type SessionCommand } from '../state-machines/command.ts';
import type { Refused } from '../transport/generated/gossipraft/Refused.ts';
import { refused } from './refusals.ts';

const commandsPerRequestMax = 10_000;

/** An entry stays in the log for ever: what no machine would understand is refused at the door. */
export function refusalOfCommands(commands: readonly Uint8Array[]): Refused | undefined {
  const invalid = (detail: string): Refused => refused('REFUSAL_INVALID', detail);
  if (commands.length === 0 || commands.length > commandsPerRequestMax) {
    return invalid(`expected 1 to ${commandsPerRequestMax} commands, got ${commands.length}`);
  }
  for (const [place, bytes] of commands.entries()) {
    const command = decodeCommand(bytes);
    if (command?.kind !== 'put' && command?.kind !== 'transact') {
      return invalid(`command ${place} is no put and no transaction`);
    }
    for (const { count, data } of batchesOf(command)) {
      const found = splitJsonArray(data).length;
      if (found !== count) {
        return invalid(`command ${place} says ${count} objects and holds ${found}`);
      }
    }
  }
  return undefined;
}

/** Everything that the command may append to the journal. */
function batchesOf(
  command: SessionCommand,
): readonly { readonly count: number; readonly data: Uint8Array }[] {
  if (command.kind === 'put') return [command];
  return [...command.success, ...command.failure].flatMap(operation =>
    operation.op === 'append' ? [{ count: operation.count, data: bytesOf(operation.data) }] : [],
  );
}
