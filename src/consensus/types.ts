/* The words of the core, for whoever speaks with it: in one place, wherever they are explained. */

export type {
  ClusterId,
  DirectoryId,
  LogIndex,
  MemberChange,
  MonotonicMs,
  NodeId,
  Position,
  Term,
  Timing,
  WallMs,
} from '../words.ts';
export type { Effect, RefusalReason, RefusedRequest, RequestAnswer } from './effects.ts';
export type { Event, Proposal } from './events.ts';
export type {
  Config,
  ConfigId,
  DigestEntry,
  Entry,
  Fact,
  GossipEntry,
  GossipMap,
  KnownFact,
  Member,
  Role,
  Round,
} from './facts.ts';
export type { Identity, Limits, ListedServer, Timings } from './identity.ts';
export type {
  Envelope,
  Heartbeat,
  HeartbeatReply,
  Message,
  MessageBody,
  PullBatch,
  PullEntries,
  PullRefused,
  PullRefusedReason,
  RequestVote,
  RequestVoteReply,
  UpdatePosition,
  UpdatePositionReply,
} from './messages.ts';
export type { KnownBoot, PersistentState, Remembered } from './persistent-state.ts';
