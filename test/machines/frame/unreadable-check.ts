import { encodeCommand } from '../../../src/machines/frame/command.ts';
import {
  applyEntry,
  createReplicatedState,
  UnreadableEntry,
} from '../../../src/machines/frame/replicated-state.ts';
import { knownLevel } from '../../../src/machines/transaction.ts';

const strange = [
  Buffer.from([255, 255, 255]),
  encodeCommand({ type: 'raiseLevel', level: knownLevel + 1 }),
];

/** An entry of a newer version stops the server: whoever skipped it would part from the others. */
export function checkUnreadable(): string | undefined {
  for (const payload of strange) {
    const state = createReplicatedState();
    try {
      applyEntry(state, { index: 1, term: 1, wallMs: 1, kind: 'command', payload });
    } catch (error) {
      if (error instanceof UnreadableEntry && state.appliedIndex === 0) continue;
    }
    return `the entry ${payload.toString('hex')}, which nobody understands, is passed by`;
  }
  return undefined;
}
