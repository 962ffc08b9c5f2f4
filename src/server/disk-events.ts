import { StartupError } from '../errors/startup-error.ts';
import type { EventLog } from '../logging/event-log.ts';
import type { ServerStorage } from '../storage/server-storage.ts';
import { diskSentence } from './disk-sentence.ts';
import type { FileKeeper } from './file-keeper.ts';

/** What a start has to say of the disk. */
export function tellWhatWasFound(
  { loaded, recovered, repaired, shortfall, metadata }: ServerStorage,
  eventLog: EventLog,
): void {
  if (loaded.position.index > 0) {
    eventLog.say('info', `starts from the snapshot of entry ${loaded.position.index}`);
  }
  if (repaired !== undefined) {
    const { path, why } = repaired;
    eventLog.say(
      'warn',
      `the log file ${path}: ${why}; the snapshot holds all of it, nothing is lost`,
    );
  }
  if (shortfall !== undefined) {
    const { file, why, heldBefore, folder } = shortfall;
    const text =
      `the log file ${file} is damaged: ${why}. Of at least ${heldBefore} entries the first ` +
      `${recovered.lastIndex} are here; the rest comes from the others`;
    const place = folder === undefined ? '' : `; what cannot be used is in ${folder}`;
    eventLog.say('error', `${text}${place}`);
  }
  if (metadata.isRecovering) {
    eventLog.say('warn', 'has no vote until it holds again what a leader has confirmed');
  }
}

/** What others ask of the disk. */
export const diskStanding = ({ metadata, space }: ServerStorage, keeper: FileKeeper) => ({
  isRecovering: () => metadata.isRecovering,
  damagedFiles: () => keeper.damagedFiles,
  isDiskFull: () => space.isFull,
});

/** Says when the disk fills up, when writes are refused for it, and when there is room again. */
export async function watchSpace(
  { space, close }: Pick<ServerStorage, 'space' | 'close'>,
  eventLog: Pick<EventLog, 'say'>,
): Promise<void> {
  const listener = {
    filling: (usedFraction: number) => {
      const percent = Math.floor(usedFraction * 100);
      eventLog.say('warn', `the disk is ${percent} % full; make room before writes are refused`);
    },
    full: (isFull: boolean) =>
      isFull
        ? eventLog.say(
            'error',
            'the disk is full: writes are refused until there is room; reads go on',
          )
        : eventLog.say('info', 'the disk has room again: writes are taken'),
  };
  await space.start(listener).catch(async (error: Error) => {
    await close();
    throw new StartupError(diskSentence(error, 'the data directory'), { cause: error });
  });
}
