import type { LogIndex, MemberChange, NodeId, Position, WallMs } from '../words.ts';
import type { Entry } from './facts.ts';
import type { Message } from './messages.ts';

/** A write that waits for a place in the log. The id is the host's and local to it. */
export type Proposal = { readonly id: number; readonly payload: Uint8Array };

/** What a server hears: everything that can change its state, and the only way to change it. */
export type Event =
  | { readonly type: 'message'; readonly message: Message }
  /** A deadline of `nextDeadline(replica)` may have passed. */
  | { readonly type: 'tick' }
  | {
      readonly type: 'propose';
      readonly proposals: readonly Proposal[];
      readonly wallMs: WallMs;
    }
  /** A linearizable read wants to know from which index on it may be answered. */
  | { readonly type: 'read'; readonly id: number }
  /** Transfer the leadership to a voter, or to the best one. */
  | { readonly type: 'transferLeadership'; readonly id: number; readonly to: NodeId | undefined }
  | {
      readonly type: 'changeMembers';
      readonly id: number;
      readonly changes: readonly MemberChange[];
    }
  /** The clock cannot be trusted since the lease began: the machine slept, or its time jumped. */
  | { readonly type: 'clockJumped' }
  /** All entries up to `index` of that generation of the log are on the disk. */
  | { readonly type: 'persisted'; readonly logGeneration: number; readonly index: LogIndex }
  /** `commandLevel`: up to there commands are in use, as the log says. */
  | { readonly type: 'applied'; readonly index: LogIndex; readonly commandLevel: number }
  /** The answer to the effect `readEntries`; empty when the log has changed meanwhile. */
  | {
      readonly type: 'entriesRead';
      readonly puller: NodeId;
      readonly pullId: number;
      readonly entries: readonly Entry[];
    }
  /** The disk has let go of everything up to and including `baseIndex`. */
  | { readonly type: 'compacted'; readonly baseIndex: LogIndex }
  /** The answer to `fetchSnapshot`: it is durable here, or (undefined) could not be had. */
  | { readonly type: 'snapshotFetched'; readonly position: Position | undefined }
  /** A connection to the peer was made anew: what was sent before may be lost. */
  | { readonly type: 'connected'; readonly peer: NodeId };
