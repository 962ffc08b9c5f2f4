import { join } from 'node:path';
import type { View } from '../consensus/protocol.ts';
import type { Event } from '../consensus/types.ts';
import type { HostListener, Observer } from '../host/surroundings.ts';
import type { EventLog } from '../logging/event-log.ts';
import type { TransportListener } from '../transport/transport.ts';
import { mebibyte } from '../words.ts';
import { diskSentence } from './disk-sentence.ts';
import type { Foreigners } from './foreigners.ts';
import type { ServerOptions } from './server-options.ts';
import type { TextRecords } from './text-records.ts';

/* What a server tells people, and whom its parts tell what happens. */

/** People are told of what happens, in the log and in the text records. */
export const observerFor = (
  standing: View,
  eventLog: EventLog,
  textRecords: TextRecords | undefined,
): Observer => ({
  applied: (entry, outcomes) => textRecords?.applied(entry, outcomes, standing.role === 'leader'),
  skippedTo: (index, term) => textRecords?.skippedTo(index, term),
  told: event => {
    textRecords?.tell(event);
    eventLog.tell(event);
  },
  snapshotSaved: ({ index }, { sizeBytes }, tookMs) => {
    const size = `${(sizeBytes / mebibyte).toFixed(1)} MiB`;
    eventLog.say('info', `snapshot of entry ${index}: ${size} in ${Math.round(tookMs)} ms`);
  },
  snapshotFailed: ({ message }) =>
    eventLog.say('warn', `the log cannot be cut: ${message}; the next snapshot tries it again`),
});

/** What comes over the wire. */
export const listenerFor = (
  dispatch: (event: Event) => void,
  foreigners: Foreigners,
  eventLog: EventLog,
): TransportListener => ({
  received: message => dispatch({ type: 'message', message }),
  connected: peer => dispatch({ type: 'connected', peer }),
  disconnected: () => undefined,
  foreign: foreigner => {
    if (foreigners.note(foreigner)) eventLog.tell({ type: 'foreignCluster', ...foreigner });
  },
  refused: (address, reason) => eventLog.refused(address, reason),
});

/** What the host needs of the server around it. */
export const hostListenerFor = (
  options: ServerOptions,
  followMembers: () => void,
  fatal: (sentence: string) => void,
  eventLog: EventLog,
): HostListener => ({
  onConfig: followMembers,
  onRemoved: () => leaveBehind(options, eventLog),
  onHalt: fatal,
  onMetadataFailure: error => fatal(diskSentence(error, 'the metadata')),
});

function leaveBehind(options: ServerOptions, eventLog: EventLog): void {
  const directory = join(options.dataRoot, options.nodeId);
  const advice = 'started and added again, the server comes back with it';
  eventLog.say('info', `its data is still in ${directory}: ${advice}`);
  options.onRemoved();
}
