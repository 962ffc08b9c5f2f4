import type { LogStore } from '../storage/log-store.ts';
import type { ApplyLoop } from './apply-loop.ts';
import type { Counters } from './counters.ts';
import type { Host } from './host.ts';
import type { Requests } from './requests.ts';
import type { SnapshotIntake } from './snapshot-intake.ts';
import type { Snapshotter } from './snapshotter.ts';
import type { Clock, Timers } from './surroundings.ts';

/** The parts of a host that work together. */
export type HostContext = {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly host: Host;
  readonly log: LogStore;
  readonly applyLoop: ApplyLoop;
  readonly requests: Requests;
  readonly counters: Counters;
  readonly snapshotter: Snapshotter;
  readonly snapshots: SnapshotIntake;
};
