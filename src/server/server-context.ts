import type { NodeId } from '../consensus/types.ts';
import type { JournalArchive } from '../storage/journal-archive.ts';
import type { LogStore } from '../storage/log-store.ts';
import type { Transport } from '../transport/transport.ts';
import type { ApplyLoop } from './apply-loop.ts';
import type { Counters } from './counters.ts';
import type { Host } from './host.ts';
import type { Requests } from './requests.ts';
import type { SnapshotFetcher } from './snapshot-fetcher.ts';
import type { Snapshotter } from './snapshotter.ts';
import type { TextRecords } from './text-records.ts';

/** The parts of a running server that work together. */
export type ServerContext = {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  readonly startedAtWallMs: number;
  readonly host: Host;
  readonly log: LogStore;
  /** Posted objects that are no longer in the log. */
  readonly archive: JournalArchive;
  readonly transport: Transport;
  readonly applyLoop: ApplyLoop;
  readonly requests: Requests;
  readonly counters: Counters;
  readonly snapshotter: Snapshotter;
  readonly snapshots: SnapshotFetcher;
  /** Undefined where no records are kept for people. */
  readonly textRecords: TextRecords | undefined;
};
