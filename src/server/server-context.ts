import type { ClusterReference } from '../consensus/cluster-identity.ts';
import type { NodeId } from '../consensus/types.ts';
import type { CreatedHost } from '../host/create-host.ts';
import type { JournalArchive } from '../storage/journal-archive.ts';
import type { Transport } from '../transport/transport.ts';
import type { Foreigners } from './foreigners.ts';
import type { TextRecords } from './text-records.ts';

/** The parts of a running server that work together: its host, and the doors of it. */
export type ServerContext = CreatedHost & {
  /** The cluster of this server, as of now. */
  readonly cluster: () => ClusterReference;
  readonly foreigners: Foreigners;
  readonly nodeId: NodeId;
  readonly startedAtWallMs: number;
  /** Posted objects that are no longer in the log. */
  readonly archive: JournalArchive;
  readonly transport: Transport;
  /** Undefined where no records are kept for people. */
  readonly textRecords: TextRecords | undefined;
  /** What the configuration file wants of the members and has not got yet, with the reason. */
  openChanges: readonly string[];
  /** It lost a part of its log, and does not hold again what a leader has confirmed. */
  readonly isRecovering: () => boolean;
  /** Names of files that cannot be read, and of what is missing without one. */
  readonly damagedFiles: () => readonly string[];
  /** New writes find no room here. */
  readonly isDiskFull: () => boolean;
};
