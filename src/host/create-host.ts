import type { Replica } from '../consensus/replica.ts';
import type { Effect, LogIndex, Position } from '../consensus/types.ts';
import type { ReplicatedState } from '../machines/frame/replicated-state.ts';
import type { Retention } from '../storage/journal-archive.ts';
import type { MetadataStore } from '../storage/log-store.ts';
import { ApplyLoop } from './apply-loop.ts';
import { Compactor } from './compactor.ts';
import { createCounters } from './counters.ts';
import { effectRunner } from './effect-runner.ts';
import { Expiry, type LeaderSettings } from './expiry.ts';
import { Host } from './host.ts';
import type { HostContext } from './host-context.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LevelRaiser } from './level-raiser.ts';
import { Queries } from './queries.ts';
import { Requests } from './requests.ts';
import { SnapshotIntake } from './snapshot-intake.ts';
import { Snapshotter } from './snapshotter.ts';
import type {
  Archive,
  Clock,
  CompactableLog,
  HostListener,
  Observer,
  Outbox,
  SnapshotStore,
  Timers,
} from './surroundings.ts';

/** The world of a host, and what its disk held at the start. */
export type HostOptions = {
  readonly replica: Replica;
  readonly state: ReplicatedState;
  /** That `state` came from. */
  readonly snapshot: { readonly position: Position; readonly sizeBytes: number };
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: CompactableLog;
  readonly metadata: MetadataStore;
  readonly archive: Archive;
  readonly snapshotStore: SnapshotStore;
  readonly outbox: Outbox;
  readonly observer: Observer;
  readonly listener: HostListener;
  readonly limits: {
    readonly snapshotIntervalBytes: number;
  } & LeaderSettings;
  readonly retention: Retention;
};

export type CreatedHost = HostContext & {
  readonly queries: Queries;
  /** Begins with the first tick. Whoever wants to stand between effects runs each turn itself. */
  start(runTurn?: (effects: readonly Effect[], runEffect: (effect: Effect) => void) => void): void;
  /** Writes down what is known to be committed: before an orderly stop, which a crash is not. */
  readonly noteLast: () => void;
  /** From now on no deadline is met and nothing expires; what is under way ends by itself. */
  stop(): Promise<void>;
  /** Lets go of the log before an entry, if snapshot and archive hold all of it; was it done? */
  readonly dropLogBefore: (index: LogIndex) => Promise<boolean>;
};

/** For the next start; what is not written is only known less well. */
function noteLast(host: Host, metadata: MetadataStore): void {
  const committed = host.view().unnotedCommit;
  if (committed === undefined) return;
  try {
    metadata.update({ committed });
  } catch {
    // A disk that takes nothing more has been told of, and this is no harm.
  }
}

async function stopAll(
  { host, applyLoop, snapshots, snapshotter }: HostContext,
  duties: readonly { stop(): void }[],
): Promise<void> {
  for (const duty of duties) duty.stop();
  host.stop();
  await applyLoop.stop();
  await snapshots.stop();
  await snapshotter.stop();
}

function runAll(effects: readonly Effect[], runEffect: (effect: Effect) => void): void {
  for (const effect of effects) runEffect(effect);
}

const compactorFor = (
  { state, log, archive, timers, clock, retention, snapshot }: HostOptions,
  host: Host,
): Compactor =>
  new Compactor({
    sources: { state, log, archive, timers },
    clock,
    retention,
    snapshotIndex: snapshot.position.index,
    compacted: baseIndex => host.dispatch({ type: 'compacted', baseIndex }),
  });

/** What a snapshot holds is cut off the log. */
const snapshotterFor = (
  { snapshotStore, snapshot, clock, limits, observer }: HostOptions,
  compactor: Compactor,
): Snapshotter =>
  new Snapshotter({
    store: snapshotStore,
    clock,
    intervalBytes: limits.snapshotIntervalBytes,
    lastSizeBytes: snapshot.sizeBytes,
    onSaved: (position, saved, tookMs) => {
      observer.snapshotSaved(position, saved, tookMs);
      return compactor.snapshotSaved(position);
    },
    onFailure: error => observer.snapshotFailed(error),
  });

/** Puts the parts of a host together. It does nothing before `start`. */
export function createHost(options: HostOptions): CreatedHost {
  const { replica, state, clock, timers, log, archive, observer, listener } = options;
  const host = new Host(replica, { clock, timers });
  const requests = new Requests(host, timers);
  const compactor = compactorFor(options, host);
  const snapshotter = snapshotterFor(options, compactor);
  const halt = (error: Error): void => listener.onHalt(error.message);
  const applyLoop = new ApplyLoop(state, log, timers, {
    applied: (entry, outcomes) => {
      snapshotter.noteApplied(state, entry);
      observer.applied(entry, outcomes);
      requests.applied(entry, outcomes);
    },
    advanced: index => {
      host.dispatch({ type: 'applied', index, commandLevel: state.level });
      requests.advanced(index);
    },
    failed: halt,
  });
  const snapshots = new SnapshotIntake({
    store: options.snapshotStore,
    fetched: position => host.dispatch({ type: 'snapshotFetched', position }),
    install: fetched => {
      applyLoop.replace(fetched);
      observer.skippedTo(fetched.appliedIndex as LogIndex, host.view().commit.term);
    },
    failed: halt,
  });
  const context: HostContext = {
    clock,
    timers,
    host,
    log,
    applyLoop,
    requests,
    counters: createCounters(),
    snapshotter,
    snapshots,
  };
  const { metadata, outbox } = options;
  const runEffect = effectRunner({ context, metadata, outbox, observer, listener });
  const leases = new LeaseKeeper(context);
  const expiry = new Expiry(context, options.limits);
  const duties = [leases, expiry, new LevelRaiser(context)];
  return {
    ...context,
    queries: new Queries({ ...context, archive }, leases),
    dropLogBefore: index => compactor.dropBefore(index),
    start(runTurn = runAll) {
      host.start(effects => runTurn(effects, runEffect));
      for (const duty of duties) duty.start();
    },
    noteLast: () => noteLast(host, metadata),
    stop: () => stopAll(context, duties),
  };
}
