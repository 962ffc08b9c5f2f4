import { unreachable } from '../assert.ts';
import type { Effect, LogIndex } from '../consensus/types.ts';
import type { LogStore, MetadataStore } from '../storage/log-store.ts';
import type { Host } from './host.ts';
import type { HostContext } from './host-context.ts';
import type { HostListener, Observer, Outbox } from './surroundings.ts';

export type EffectRunnerOptions = {
  readonly context: HostContext;
  readonly metadata: MetadataStore;
  readonly outbox: Outbox;
  readonly observer: Observer;
  readonly listener: HostListener;
};

/** Carries effects out, in their order: that order is what makes the protocol safe. */
export function effectRunner({
  context: { host, log, applyLoop, requests, counters, snapshots },
  metadata,
  outbox,
  observer,
  listener,
}: EffectRunnerOptions): (effect: Effect) => void {
  const durably = (write: () => void): void => makeDurable(write, listener);
  return effect => {
    switch (effect.type) {
      case 'persistVote':
        return durably(() => metadata.persistVote(effect.term, effect.vote));
      case 'persistConfig':
        durably(() => metadata.persistConfig(effect.config));
        return listener.onConfig();
      case 'remember':
        return durably(() => metadata.update(effect.what));
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
        return outbox.send(effect.message);
      case 'readEntries':
        readEntries(effect, host, log).catch((error: Error) => listener.onHalt(error.message));
        return undefined;
      case 'apply':
        return applyLoop.applyUpTo(effect.upTo as LogIndex);
      case 'answered':
        return requests.answered(effect);
      case 'removed':
        return listener.onRemoved();
      case 'deposed':
        return requests.deposed(effect);
      case 'tell':
        return observer.told(effect.event);
      case 'halt':
        // Nothing may follow: not even what other events, which wait already, would lead to.
        host.stop();
        return listener.onHalt(effect.reason);
      default:
        return unreachable(effect);
    }
  };
}

/** What follows in the same turn relies on it: when it fails, nothing may follow. */
function makeDurable(write: () => void, listener: HostListener): void {
  try {
    write();
  } catch (error) {
    listener.onMetadataFailure(error as Error);
    throw error;
  }
}

async function readEntries(
  effect: Extract<Effect, { type: 'readEntries' }>,
  host: Host,
  log: LogStore,
): Promise<void> {
  const { puller, pullId } = effect;
  const entries = await log.read(effect);
  host.dispatch({ type: 'entriesRead', puller, pullId, entries });
}
