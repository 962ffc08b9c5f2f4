import { OldPlaces } from '../machines/legacy/old-appends.ts';
import { isOldCommand } from '../machines/legacy/old-command.ts';
import type { HostContext } from './host-context.ts';
import { entriesOf, type JournalSources } from './journal-reader.ts';
import type { Refusal } from './refusal.ts';

/** What is asked of a cluster whose members cannot all read yet what is new. */
export class Upgrading extends Error {
  override readonly name = 'Upgrading';
}

/** In words, why nothing is read or written yet; undefined when it may be. */
export function upgradeSentence({
  applyLoop,
  host,
}: Pick<HostContext, 'applyLoop' | 'host'>): string | undefined {
  if (applyLoop.state.old === undefined) return undefined;
  const old = host.view().membersBelow(1).join(', ');
  const reason =
    old === '' ? 'it takes only a moment' : `waiting for ${old}, not known to run this version yet`;
  return `the cluster is being upgraded: ${reason}`;
}

export function upgradeRefusal(
  context: Pick<HostContext, 'applyLoop' | 'host'>,
): Refusal | undefined {
  const detail = upgradeSentence(context);
  return detail === undefined ? undefined : { reason: 'level', detail };
}

/**
 * Does the directory hold what a version of before has written, in its snapshot or behind it? The
 * first command tells: before it there is nothing, and behind an older one all may be old.
 */
export async function isOfBefore({
  state,
  log,
  timers,
}: Pick<JournalSources, 'state' | 'log' | 'timers'> & {
  readonly log: { readonly lastIndex: number };
}): Promise<boolean> {
  if (state.old !== undefined) return true;
  const isLogWhole = log.firstIndex <= state.appliedIndex + 1;
  if (!isLogWhole || state.clock.term > 0) return false;
  for await (const entry of entriesOf({ log, timers }, state.appliedIndex + 1, log.lastIndex)) {
    if (entry.kind === 'command') return isOldCommand(entry.payload);
  }
  return false;
}

/** Finds objects in the log that a snapshot of before knows of, and that no archive holds yet. */
export async function findOldPlaces({
  state,
  log,
  archive,
  timers,
}: Omit<JournalSources, 'archive'> & {
  readonly archive: { readonly lastSeq: number; readonly throughIndex: number };
}): Promise<void> {
  if (state.old === undefined) return;
  const { firstIndex } = log;
  const places = new OldPlaces(state.old.journal, { archive, firstIndex });
  if (places.fromIndex === undefined) return;
  for await (const entry of entriesOf({ log, timers }, places.fromIndex, state.appliedIndex)) {
    places.add(entry);
  }
  places.finish();
}
