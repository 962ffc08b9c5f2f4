import type {
  PutEntriesRequest as WireRequest,
  PutEntriesRequest__Output as WireRequestRead,
} from './generated/gossipraft/PutEntriesRequest.ts';
import { type Assembly, partsOf, pieceMaxBytes } from './pieces.ts';
import { MalformedMessage } from './wire-checks.ts';

/** Commands in messages of a bounded size: one that is too large for any comes in parts. */
export function* writeCommands(
  request: Omit<WireRequest, 'commands' | 'piece'>,
  commands: readonly Uint8Array[],
): Generator<WireRequest> {
  const [command] = commands;
  if (command === undefined || commands.length > 1 || command.length <= pieceMaxBytes) {
    yield { ...request, commands: commands.map(asBuffer) };
    return;
  }
  for (const { bytes, piece } of partsOf(command)) {
    yield { ...request, commands: [asBuffer(bytes)], piece };
  }
}

/** A view, not a copy: the encoder takes Buffers. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** The commands of a message; undefined while parts are missing. Throws a MalformedMessage. */
export function readCommands(
  { requestId, commands, piece }: WireRequestRead,
  assembly: Assembly,
): Uint8Array[] | undefined {
  if (piece === null) {
    assembly.drop();
    return commands;
  }
  const [part] = commands;
  if (part === undefined || commands.length > 1) {
    throw new MalformedMessage(`a part of a command came with ${commands.length} commands`);
  }
  const whole = assembly.take(String(requestId), part, piece);
  return whole === undefined ? undefined : [whole];
}
