import { decodeCommand } from '../state-machines/command.ts';
import { bytesOfKeys, earlierUse, isFull, windowMs } from '../state-machines/idempotency-keys.ts';
import type { HostContext } from './host-context.ts';
import { logTimeNow } from './log-time.ts';

type Surroundings = Pick<HostContext, 'host' | 'applyLoop'>;

/**
 * The places of commands for whose idempotency keys a leader has no room. They would be refused
 * when they are applied; until then they would fill the log.
 */
export function withoutRoom(context: Surroundings, commands: readonly Uint8Array[]): number[] {
  const { keys } = context.applyLoop.state;
  const nowMs = logTimeNow(context);
  if (context.host.view().role !== 'leader' || !isFull(keys, nowMs)) return [];
  return commands.flatMap((bytes, place) => {
    const command = decodeCommand(bytes);
    if (command?.kind !== 'put' || command.idempotencyKey === undefined) return [];
    const { idempotencyKey, fingerprint = '' } = command;
    return earlierUse(keys, idempotencyKey, fingerprint, nowMs) === undefined ? [place] : [];
  });
}

/** For people: how many are remembered, what they take, and how far back they go. */
export function idempotencyFigures(context: Surroundings) {
  const { keys } = context.applyLoop.state;
  return {
    idempotencyKeys: keys.uses.size,
    idempotencyBytes: bytesOfKeys(keys),
    idempotencyWindowMs: windowMs(keys, logTimeNow(context)),
  };
}
