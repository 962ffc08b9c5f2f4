import type {
  ClusterId,
  LogIndex,
  MemberChange,
  NodeId,
  Position,
  Term,
  Timing,
} from '../words.ts';

export type ElectionLostReason =
  | 'anotherLeader'
  | 'newerTerm'
  | 'newerConfig'
  | 'noMajority'
  | 'recovering';
export type StepDownReason = 'newerTerm' | 'noQuorum' | 'transferred' | 'recovering';
export type SourceReason =
  | 'leader'
  | 'leaderUnreachable'
  | 'noLeader'
  | 'sourceSilent'
  | 'sourceBehind'
  | 'cycle'
  | 'removed'
  | 'logCut'
  | 'closer';

/** Everything that a person may be told about a server's life, in the order of its happening. */
export type ClusterEvent =
  | { readonly type: 'clusterFounded'; readonly members: readonly NodeId[] }
  /** It was founded before clusters had an identity: from now on it has one. */
  | { readonly type: 'clusterIdentified'; readonly clusterId: ClusterId | undefined }
  /** A message of another cluster came, and was dropped; or our own reached a server of one. */
  | {
      readonly type: 'foreignCluster';
      readonly server: NodeId;
      /** Undefined when the names differ already. */
      readonly clusterId: ClusterId | undefined;
      readonly address: string | undefined;
      /** It was met where we looked for a server of ours. */
      readonly isAnswer: boolean;
    }
  /** A message held a number that no server can have reached: all of it was dropped. */
  | { readonly type: 'implausible'; readonly server: NodeId; readonly what: string }
  /** A newer configuration, of which nothing that this server knows says where it came from. */
  | { readonly type: 'configUnrelated' }
  | { readonly type: 'waitingForServers'; readonly missing: readonly NodeId[] }
  /** There is a cluster, and this server is no member of it. */
  | { readonly type: 'waitingToBeAdded'; readonly by: NodeId }
  /** A newcomer has shown up, and pulls the log. */
  | { readonly type: 'learnerAdded'; readonly id: NodeId }
  | { readonly type: 'voterAdded'; readonly id: NodeId; readonly voters: readonly NodeId[] }
  | { readonly type: 'memberGone'; readonly id: NodeId; readonly voters: readonly NodeId[] }
  /** What somebody wanted of the members, now on its way. */
  | { readonly type: 'memberChangeAccepted'; readonly change: MemberChange }
  /** A configuration without this server (or with another directory); it may come to nothing. */
  | {
      readonly type: 'notNamed';
      readonly isReplaced: boolean;
      readonly voters: readonly NodeId[];
    }
  /** It did come to nothing. */
  | { readonly type: 'namedAgain' }
  /** This server was removed, or its directory was given up for another one: for certain. */
  | { readonly type: 'removed'; readonly isReplaced: boolean }
  /** This server was removed before it was started again, and waits to be added. */
  | { readonly type: 'leftBefore' }
  /** The cluster knows this server with another data directory (it was wiped or replaced). */
  | { readonly type: 'foreignDirectory' }
  | { readonly type: 'preVoteStarted'; readonly term: Term }
  | { readonly type: 'electionStarted'; readonly term: Term }
  | { readonly type: 'voteGranted'; readonly candidate: NodeId; readonly term: Term }
  | { readonly type: 'voteDenied'; readonly candidate: NodeId; readonly term: Term }
  | { readonly type: 'electionWon'; readonly term: Term }
  /** A new leader commits nothing until the lease of the one before it is over. */
  | { readonly type: 'waitingForOldLease'; readonly waitMs: number }
  | { readonly type: 'oldLeaseOver' }
  /** A leader has sent a heartbeat round, which renews its lease once a majority has seen it. */
  | { readonly type: 'roundStarted' }
  | { readonly type: 'transferStarted'; readonly to: NodeId }
  | { readonly type: 'transferAbandoned'; readonly to: NodeId }
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
  /** The log is shorter than others know it to have been: a part of it was lost. */
  | { readonly type: 'logLost'; readonly heldBefore: Position; readonly last: Position }
  /** It holds again what a leader has confirmed since this server came up: it counts again. */
  | { readonly type: 'logRecovered'; readonly position: Position }
  /** So many voters have lost a part of their logs that nobody can be elected. */
  | { readonly type: 'majorityLost'; readonly lost: readonly NodeId[] }
  /** A source has nothing that continues our log. */
  | { readonly type: 'pullRefused'; readonly source: NodeId }
  /** Somebody asked this leader for something. Told only where records are kept for people. */
  | { readonly type: 'requestReceived'; readonly operation: string }
  /** An entry has taken effect here. Told only where records are kept for people. */
  | { readonly type: 'entryApplied'; readonly operation: string; readonly isLeader: boolean }
  | { readonly type: 'snapshotWanted'; readonly source: NodeId }
  | { readonly type: 'snapshotInstalled'; readonly position: Position }
  /** The configuration files of two members disagree about time. Safe, but not wanted. */
  | {
      readonly type: 'timingDiffers';
      readonly peer: NodeId;
      readonly theirs: Timing;
      readonly ours: Timing;
    }
  | { readonly type: 'diskStalled' }
  | { readonly type: 'diskRecovered' }
  | { readonly type: 'peerReached'; readonly peer: NodeId }
  | { readonly type: 'peerLost'; readonly peer: NodeId };
