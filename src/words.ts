declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** The name of a server, as written in the configuration (`n0`). */
export type NodeId = Brand<string, 'NodeId'>;
/** The identity of a cluster: random, made once by its founder. Its name is only a label. */
export type ClusterId = Brand<string, 'ClusterId'>;
/** The identity of one data directory; a wiped or replaced disk has another one. */
export type DirectoryId = Brand<string, 'DirectoryId'>;
export type Term = Brand<number, 'Term'>;
/** 1-based index of an entry of the log; 0 stands before the first entry. */
export type LogIndex = Brand<number, 'LogIndex'>;
/** Milliseconds of this machine's monotonic clock; they mean nothing on another machine. */
export type MonotonicMs = Brand<number, 'MonotonicMs'>;
/** Wall-clock milliseconds since 1970: for people and entry stamps, never for deadlines. */
export type WallMs = Brand<number, 'WallMs'>;

/** The identity of a log entry. An index alone is none: two leaders may fill it differently. */
export type Position = { readonly term: Term; readonly index: LogIndex };

/** No lease is longer: a restarted voter waits for the whole of it. */
export const leaseMaxMs = 60 * 60 * 1000;

/** What the configuration file of a server says of time. */
export type Timing = {
  /** How often a leader starts a round, and every server greets its peers. */
  readonly heartbeatIntervalMs: number;
  /** A follower campaigns after hearing no new round for this long, up to twice as long. */
  readonly electionTimeoutMs: number;
  /** For how long a quorum's evidence lets a leader answer reads alone; 0: never. */
  readonly leaseMs: number;
};

/** What somebody wants to be different about the members. */
export type MemberChange =
  /** The server shall be a member (a voter, once it has caught up), and is found at the address. */
  | { readonly type: 'put'; readonly id: NodeId; readonly address: string }
  | { readonly type: 'remove'; readonly id: NodeId }
  /** The directory is lost: its vote counts no more, and the server may come with another one. */
  | { readonly type: 'replace'; readonly id: NodeId; readonly directoryId: DirectoryId };

/**
 * Nothing counts as far as this: 140 years of a million steps a second. It leaves as many steps
 * again until a number can no longer be counted up, so that whatever is believed can be continued,
 * written, and read at the next start.
 */
export const countMax = 2 ** 52;

/** The level of commands in log entries with which every cluster begins. */
export const firstCommandLevel = 1;

export const mebibyte = 1024 * 1024;
