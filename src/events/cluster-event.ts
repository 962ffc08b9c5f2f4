import type { LogIndex, NodeId, Position, Term } from '../words.ts';

export type ElectionLostReason = 'anotherLeader' | 'newerTerm' | 'noMajority';
export type StepDownReason = 'newerTerm' | 'noQuorum' | 'handedOver';
export type SourceReason =
  | 'leader'
  | 'leaderUnreachable'
  | 'ahead'
  | 'noLeader'
  | 'sourceSilent'
  | 'sourceBehind'
  | 'cycle'
  | 'closer';

/** Everything that a person may be told about a server's life, in the order of its happening. */
export type ClusterEvent =
  | { readonly type: 'clusterFounded'; readonly members: readonly NodeId[] }
  | { readonly type: 'waitingForServers'; readonly missing: readonly NodeId[] }
  /** The cluster knows this server with another data directory (it was wiped or replaced). */
  | { readonly type: 'foreignDirectory' }
  | { readonly type: 'preVoteStarted'; readonly term: Term }
  | { readonly type: 'electionStarted'; readonly term: Term }
  | { readonly type: 'voteGranted'; readonly candidate: NodeId; readonly term: Term }
  | { readonly type: 'voteDenied'; readonly candidate: NodeId; readonly term: Term }
  | { readonly type: 'electionWon'; readonly term: Term }
  /** A new leader commits nothing until the lease of the one before it is over. */
  | { readonly type: 'waitingForOldLease'; readonly waitMs: number }
  /** A leader has sent a heartbeat round, which renews its lease once a majority has seen it. */
  | { readonly type: 'roundStarted' }
  | { readonly type: 'handOverStarted'; readonly to: NodeId }
  | { readonly type: 'handOverAbandoned'; readonly to: NodeId }
  | { readonly type: 'electionLost'; readonly term: Term; readonly reason: ElectionLostReason }
  | { readonly type: 'leaderKnown'; readonly leader: NodeId; readonly term: Term }
  | { readonly type: 'leaderLost'; readonly leader: NodeId; readonly term: Term }
  | { readonly type: 'steppedDown'; readonly term: Term; readonly reason: StepDownReason }
  | { readonly type: 'sourceChosen'; readonly source: NodeId; readonly reason: SourceReason }
  | { readonly type: 'sourceDropped'; readonly source: NodeId; readonly reason: SourceReason }
  | {
      readonly type: 'pulled';
      readonly source: NodeId;
      readonly count: number;
      readonly last: Position;
    }
  | { readonly type: 'committed'; readonly position: Position; readonly isLeader: boolean }
  | { readonly type: 'truncated'; readonly fromIndex: LogIndex; readonly source: NodeId }
  /** A source wanted us to remove committed entries, or diverges within one term: refused. */
  | { readonly type: 'truncationRefused'; readonly fromIndex: LogIndex; readonly source: NodeId }
  /** A source has nothing that continues our log. */
  | { readonly type: 'pullRefused'; readonly source: NodeId }
  /** Somebody asked this leader for something. Told only where records are kept for people. */
  | { readonly type: 'requestReceived'; readonly operation: string }
  /** An entry has taken effect here. Told only where records are kept for people. */
  | { readonly type: 'entryApplied'; readonly operation: string; readonly isLeader: boolean }
  | { readonly type: 'diskStalled' }
  | { readonly type: 'diskRecovered' }
  | { readonly type: 'peerReached'; readonly peer: NodeId }
  | { readonly type: 'peerLost'; readonly peer: NodeId };
