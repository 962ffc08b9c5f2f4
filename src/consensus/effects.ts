import type { ClusterEvent } from '../events/cluster-event.ts';
import type { LogIndex, NodeId, Position, Term } from '../words.ts';
import type { Config, Entry } from './facts.ts';
import type { Message } from './messages.ts';
import type { Remembered } from './persistent-state.ts';

/**
 * What a server wants done.
 *
 * 1. The host carries the effects of a turn out in their order, and those of one turn before those
 *    of the next.
 * 2. What a message tells is durable before it leaves: messages come last, behind what was written.
 * 3. When one fails that must be durable, nothing after it is carried out: the process ends.
 * 4. A crash may come between any two; the replica is then made anew from what the disk holds.
 * 5. Every id that was asked with is answered once, unless the process ends before.
 */
export type Effect =
  /** Durable when the effect returns. A failure ends the process. */
  | { readonly type: 'persistVote'; readonly term: Term; readonly vote: NodeId | undefined }
  /** Durable when the effect returns. A failure ends the process. */
  | { readonly type: 'persistConfig'; readonly config: Config }
  /** Durable when the effect returns. A failure ends the process. */
  | { readonly type: 'remember'; readonly what: Partial<Remembered> }
  /** Readable at once; the event `persisted` tells when it is durable. */
  | {
      readonly type: 'append';
      readonly entries: readonly Entry[];
      readonly logGeneration: number;
    }
  /** Removes the entries from `fromIndex` on, before anything that is appended after it. */
  | {
      readonly type: 'truncate';
      readonly fromIndex: LogIndex;
      /** The generation that starts with this truncation. */
      readonly logGeneration: number;
    }
  | { readonly type: 'send'; readonly message: Message }
  /** Wants entries that are no longer in memory, for a puller: answered by `entriesRead`. */
  | {
      readonly type: 'readEntries';
      readonly puller: NodeId;
      readonly pullId: number;
      readonly fromIndex: LogIndex;
      readonly throughIndex: LogIndex;
      readonly maxBytes: number;
    }
  /** Get the newest snapshot of the server: answered by `snapshotFetched`. */
  | { readonly type: 'fetchSnapshot'; readonly source: NodeId }
  /** All entries go, before anything that is appended after it; the next follows `base`. */
  | { readonly type: 'resetLog'; readonly base: Position; readonly logGeneration: number }
  /** The state is that of the fetched snapshot now; `applied` tells when. */
  | { readonly type: 'loadSnapshot'; readonly position: Position }
  /** All entries up to here are committed and durable here: apply them. */
  | { readonly type: 'apply'; readonly upTo: LogIndex }
  | { readonly type: 'answered'; readonly id: number; readonly answer: RequestAnswer }
  /** No member any more (or with another directory), and not needed: the server must stop. */
  | { readonly type: 'removed' }
  /** This server stopped leading: the fate of its unacknowledged proposals is open. */
  | { readonly type: 'deposed'; readonly leader: NodeId | undefined }
  | { readonly type: 'tell'; readonly event: ClusterEvent }
  /** The server must stop at once, and an operator must know why. */
  | { readonly type: 'halt'; readonly reason: string };

/** What becomes of an event with an id: each of them is answered once. */
export type RequestAnswer =
  /** To `propose`: it has this place in the log. Whether it is committed is another matter. */
  | { readonly type: 'appended'; readonly position: Position }
  /** To `read`: it may be answered once everything up to `index` is applied. */
  | { readonly type: 'readable'; readonly index: LogIndex }
  /** To `transferLeadership`: another server leads now. */
  | { readonly type: 'transferred' }
  /**
   * To `changeMembers`: a majority knows of it, so no later leader can be without it; the rest of
   * it takes its course.
   */
  | { readonly type: 'membersAccepted' }
  | RefusedRequest;

export type RefusedRequest =
  | {
      readonly type: 'refused';
      readonly reason: RefusalReason;
      readonly leader: NodeId | undefined;
    }
  /** The leader cannot do it; the sentence is for whoever asked. */
  | {
      readonly type: 'refused';
      readonly reason: 'noTransfer' | 'unsafeChange';
      readonly problem: string;
    };

export type RefusalReason =
  /** Another server leads, or none: it has had no effect. */
  | 'notLeader'
  /** This server's leadership ended meanwhile: it may have had its effect or not. */
  | 'deposed'
  /** The leadership is being transferred: nothing was appended, try again at once. */
  | 'transferring'
  /** More bytes wait for their commit than the limit allows: nothing was appended. */
  | 'overloaded';
