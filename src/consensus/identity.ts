import type { ClusterId, DirectoryId, NodeId, Timing } from '../words.ts';

/* Who a server is, and by which settings it lives: constant for one boot. */

/** A server of the configuration file. */
export type ListedServer = { readonly id: NodeId; readonly address: string };

/** Who a replica is; constant for one boot. */
export type Identity = {
  /** The label of the configuration file. */
  readonly clusterName: string;
  /** Fresh and random: what a cluster is called that this server founds. */
  readonly proposedClusterId: ClusterId;
  readonly id: NodeId;
  readonly directoryId: DirectoryId;
  /** Already durable. */
  readonly incarnation: number;
  /** The servers of the configuration file, to found a cluster with; never the active members. */
  readonly listedServers: readonly ListedServer[];
  /** Identifies `listedServers`, so that servers with different files do not found a cluster. */
  readonly membersHash: string;
  /** The highest level of commands that this server understands in log entries. */
  readonly commandLevel: number;
};
export type Timings = Timing & {
  /** Two clocks gain or lose at most this fraction against true time. */
  readonly clockDriftMax: number;
};

export type Limits = {
  /** Entries of one pull batch, in bytes; one larger entry still fits alone. */
  readonly batchMaxBytes: number;
  /** Bytes on their way to one puller. */
  readonly pullWindowBytes: number;
  /** Newest part of the log that is kept in memory for pullers. */
  readonly tailMaxBytes: number;
  /** Entries that wait for their commit at the leader; more are refused. */
  readonly uncommittedMaxBytes: number;
  /** A pull path longer than this is chosen only when there is no shorter one. */
  readonly depthMax: number;
};
