import type { CreatedHost } from '../host/create-host.ts';
import { findOldPlaces, isOfBefore } from '../host/upgrading.ts';
import type { EventLog } from '../logging/event-log.ts';
import type { ServerStorage } from '../storage/server-storage.ts';
import { version } from '../version.ts';
import type { LoadedState } from './load-state.ts';
import { processTimers } from './real-world.ts';

/**
 * Takes up what a version of before has left in the directory. What is returned lets the host say
 * when all of it is upgraded.
 */
export async function takeUpOldData(
  { loaded: { state }, log, archive }: ServerStorage<LoadedState>,
  eventLog: EventLog,
): Promise<(host: CreatedHost) => void> {
  const sources = { state, log, archive, timers: processTimers };
  if (!(await isOfBefore(sources))) return () => undefined;
  await findOldPlaces(sources);
  eventLog.say(
    'info',
    `the data directory is of an older version: it is upgraded to ${version} as soon as ` +
      'all servers run it; until then reads and writes are refused',
  );
  return host => tellWhenUpgraded(host, eventLog);
}

function tellWhenUpgraded({ requests, applyLoop }: CreatedHost, eventLog: EventLog): void {
  const { state } = applyLoop;
  const end = requests.onAdvance(() => {
    // Before the first command of all, nobody knows yet.
    if (state.old !== undefined || state.clock.term === 0) return;
    end();
    eventLog.say('info', `the data is upgraded, as of log entry ${state.appliedIndex}`);
  });
}
