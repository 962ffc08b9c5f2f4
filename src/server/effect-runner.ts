import { unreachable } from '../assert.ts';
import type { Effect, LogIndex } from '../consensus/types.ts';
import type { ServerStorage } from '../storage/server-storage.ts';
import type { EventLog } from './event-log.ts';
import type { ServerContext } from './server-context.ts';

export type MembershipListener = {
  /** There is another configuration: others are our peers, or they are found elsewhere. */
  onConfig(): void;
  /** This server is no member any more. */
  onRemoved(): void;
};

/** Carries effects out, in their order: that order is what makes the protocol safe. */
export function effectRunner(
  { host, log, transport, applyLoop, requests, counters, textRecords, snapshots }: ServerContext,
  { metadata }: ServerStorage,
  eventLog: EventLog,
  fatal: (sentence: string) => void,
  { onConfig, onRemoved }: MembershipListener,
): (effect: Effect) => void {
  const readEntries = async (effect: Extract<Effect, { type: 'readEntries' }>): Promise<void> => {
    const { puller, pullId } = effect;
    const entries = await log.read(effect);
    host.dispatch({ type: 'entriesRead', puller, pullId, entries });
  };
  return effect => {
    switch (effect.type) {
      case 'persistVote':
        return durably(fatal, () => metadata.persistVote(effect.term, effect.vote));
      case 'persistConfig':
        durably(fatal, () => metadata.persistConfig(effect.config));
        return onConfig();
      case 'append':
        return log.append(effect.entries, effect.logGeneration);
      case 'truncate':
        return log.truncate(effect.fromIndex, effect.logGeneration);
      case 'resetLog':
        return log.reset(effect.base, effect.logGeneration);
      case 'fetchSnapshot':
        return snapshots.fetch(effect.source);
      case 'loadSnapshot':
        return snapshots.load(effect.position);
      case 'send':
        counters.messagesSent += 1;
        return transport.send(effect.message);
      case 'readEntries':
        readEntries(effect).catch((error: Error) => fatal(error.message));
        return undefined;
      case 'apply':
        return applyLoop.applyUpTo(effect.upTo as LogIndex);
      case 'accepted':
        return requests.accepted(effect);
      case 'refused':
        return requests.refused(effect);
      case 'readReady':
        return requests.readReady(effect);
      case 'readRefused':
        return requests.readRefused(effect);
      case 'handOverEnded':
        return requests.handOverEnded(effect);
      case 'membersChanged':
        return requests.membersChanged(effect);
      case 'removed':
        return onRemoved();
      case 'deposed':
        return requests.deposed(effect);
      case 'tell':
        textRecords?.tell(effect.event);
        return eventLog.tell(effect.event);
      case 'halt':
        return fatal(effect.reason);
      default:
        return unreachable(effect);
    }
  };
}

/** What follows in the same turn relies on it: when it fails, nothing may follow. */
function durably(fatal: (sentence: string) => void, write: () => void): void {
  try {
    write();
  } catch (error) {
    fatal(diskSentence(error as Error, 'the metadata'));
    throw error;
  }
}

const diskReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room and start again',
  EIO: 'the disk reports an error; check it before you start again',
  EROFS: 'the file system is read-only; mend it and start again',
  EDQUOT: 'the quota is used up; make room and start again',
};

/** Why the disk cannot be written to, and what to do. */
export function diskSentence(error: Error, where: string): string {
  const { code } = error as NodeJS.ErrnoException;
  const reason = diskReasons[code ?? ''] ?? `${error.message}; check the disk`;
  return `cannot write to ${where}: ${reason}. Nothing that was acknowledged is lost`;
}
