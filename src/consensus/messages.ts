import type { ClusterId, DirectoryId, NodeId, Position, Term } from '../words.ts';
import type { Config, DigestEntry, Entry, GossipEntry } from './facts.ts';

/* What servers say to each other. */

/** What every message carries, both ways, and what is handled before the message itself. */
export type Envelope = {
  /** Undefined when the sender belongs to no cluster yet. */
  readonly clusterId: ClusterId | undefined;
  /** Tells clusters apart only where one of the two has no identity. */
  readonly clusterName: string;
  readonly from: NodeId;
  readonly fromDirectoryId: DirectoryId;
  readonly to: NodeId;
  readonly term: Term;
  /** The sender's own fact first, then the facts that are news to the receiver. */
  readonly facts: readonly GossipEntry[];
  /** Present on heartbeats: what the sender knows, for anti-entropy. */
  readonly digest: readonly DigestEntry[] | undefined;
  /** Present when the receiver's configuration is older than the sender's. */
  readonly config: Config | undefined;
};

export type Heartbeat = { readonly type: 'heartbeat'; readonly probeMs: number };
export type HeartbeatReply = {
  readonly type: 'heartbeatReply';
  readonly probeMs: number;
  /** Everything that was committed this long before the answer lies at or below `upTo`. */
  readonly staleMs: number | undefined;
  readonly upTo: Position;
};
/** Candidacy is a fact (role, term, last) in the envelope; this only carries it directly. */
export type RequestVote = { readonly type: 'requestVote' };
/** The vote is a fact in the envelope. */
export type RequestVoteReply = { readonly type: 'requestVoteReply' };
export type PullEntries = {
  readonly type: 'pullEntries';
  /** Chosen by the puller, grows with each new stream; stale answers are dropped by it. */
  readonly pullId: number;
  /** The entry after which the stream starts (a new pullId) or which was received last. */
  readonly prev: Position;
  /** Of the puller's log, echoed by a refusal (rule 6). */
  readonly logGeneration: number;
  /** Bytes received on this stream so far; absolute, so it may be lost or repeated. */
  readonly consumedBytes: number;
  /** How many bytes may be on their way. */
  readonly windowBytes: number;
};
/**
 * 1. The entries follow `prev` without a gap, and their terms never decrease.
 * 2. `prev` and the entries stood in the source's log when it sent them.
 * 3. They need not be durable there, nor committed (rule 8).
 * 4. It may be lost, repeated or late; `pullId` says to which stream it belongs.
 */
export type PullBatch = {
  readonly type: 'pullBatch';
  readonly pullId: number;
  /** The entry before the first one of `entries`: every batch proves its own place. */
  readonly prev: Position;
  readonly entries: readonly Entry[];
  readonly sourceLast: Position;
  /** The source first, then the server it pulls from, up to the root: for the cycle check. */
  readonly path: readonly NodeId[];
};
export type PullRefusedReason =
  /** The source has no such entry. */
  | 'diverged'
  /** The source has dropped that part of the log. */
  | 'tooOld'
  /** The source cannot serve now (it is fresh, or does not know the puller as a member). */
  | 'notServing'
  /** The source has truncated its log under the stream. */
  | 'truncated';
export type PullRefused = {
  readonly type: 'pullRefused';
  readonly pullId: number;
  /** Echo of the request: the puller acts only while its log still looks like this (rule 6). */
  readonly prev: Position;
  readonly logGeneration: number;
  readonly reason: PullRefusedReason;
  readonly sourceLast: Position;
  /** `diverged`: the newest entry of the source at which the two logs may agree. */
  readonly hint: Position;
};
export type UpdatePosition = { readonly type: 'updatePosition' };
export type UpdatePositionReply = { readonly type: 'updatePositionReply' };

export type MessageBody =
  | Heartbeat
  | HeartbeatReply
  | RequestVote
  | RequestVoteReply
  | PullEntries
  | PullBatch
  | PullRefused
  | UpdatePosition
  | UpdatePositionReply;
export type Message = { readonly envelope: Envelope; readonly body: MessageBody };
