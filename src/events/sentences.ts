import type { MemberChange, Position, Timing } from '../words.ts';
import type { ClusterEvent, SourceReason } from './cluster-event.ts';

export type Level = 'info' | 'warn' | 'error';
export type Sentence = { readonly level: Level; readonly text: string };

const chosenReasons: Readonly<Record<SourceReason, string>> = {
  leader: 'it is the leader',
  leaderUnreachable: 'the leader cannot be reached directly',
  noLeader: 'there is no leader, and it has entries that we lack',
  sourceSilent: 'the former source went silent',
  sourceBehind: 'the former source fell behind',
  cycle: 'the former source pulled from us',
  removed: 'the former source is no member any more',
  logCut: 'the former source has cut its log',
  closer: 'it is the closest that has what we need',
};
const droppedReasons: Readonly<Record<SourceReason, string>> = {
  leader: 'the leader can be reached directly',
  leaderUnreachable: 'another one reaches the leader',
  noLeader: 'there is no leader',
  sourceSilent: 'it went silent',
  sourceBehind: 'it has nothing for us',
  cycle: 'it pulls from us, over others',
  removed: 'it is no member any more',
  logCut: 'it has cut off what we need from its log',
  closer: 'another one is closer',
};

const positionText = ({ term, index }: Position): string => `entry ${index} of term ${term}`;
const info = (text: string): Sentence => ({ level: 'info', text });
const error = (text: string): Sentence => ({ level: 'error', text });
const warn = (text: string): Sentence => ({ level: 'warn', text });

type Sentences = {
  readonly [Type in ClusterEvent['type']]: (
    event: Extract<ClusterEvent, { type: Type }>,
  ) => Sentence;
};

const sentences: Sentences = {
  clusterFounded: ({ members }) => info(`part of the cluster ${members.join(', ')}`),
  clusterIdentified: ({ clusterId }) =>
    info(`the cluster had no identity of its own: from now on it is ${clusterId}`),
  configUnrelated: () =>
    warn(
      'while this server was away it was removed, and all others were replaced: it takes no part ' +
        'any more; to come back as a new server, delete its data, add it again and start it',
    ),
  implausible: ({ server, what }) =>
    warn(
      `a message of ${server} was dropped: ${what}, which no server can have reached; ` +
        'its program or its machine is broken',
    ),
  foreignCluster: event => warn(foreignText(event)),
  waitingForServers: ({ missing }) =>
    info(`waiting for ${missing.join(', ')} to found the cluster with`),
  waitingToBeAdded: ({ by }) =>
    info(
      `waits to be added: ${by} belongs to a cluster that does not name this server; add it to ` +
        'the configuration file of a running server, or with "gossip-raft member add"',
    ),
  learnerAdded: ({ id }) => info(`${id} has come, and is no voter until it has caught up`),
  voterAdded: ({ id, voters }) => info(`${id} is a voter now, of ${voters.join(', ')}`),
  memberGone: ({ id, voters }) => info(`${id} is no member any more, of ${voters.join(', ')}`),
  memberChangeAccepted: ({ change }) => info(changeText(change)),
  notNamed: ({ isReplaced, voters }) =>
    info(
      (isReplaced
        ? 'another data directory is to take the place of this one'
        : 'this server is to leave the cluster') +
        `; it stays until a majority of ${voters.join(', ')} is known to do without it`,
    ),
  namedAgain: () => info('a member again: the change that left this server out came to nothing'),
  removed: ({ isReplaced }) =>
    warn(
      isReplaced
        ? 'another data directory takes the place of this one in the cluster: this server stops'
        : 'this server was removed from the cluster and stops',
    ),
  leftBefore: () =>
    info(
      'this server was removed from the cluster before, and waits: added again, it comes back ' +
        'with its data',
    ),
  foreignDirectory: () =>
    warn(
      'the cluster knows this server with another data directory (this one was wiped): it takes ' +
        'no part; bring the old directory back, or give it up with "gossip-raft member replace"',
    ),
  preVoteStarted: ({ term }) =>
    info(`no leader heard of in term ${term}: asking who would vote for us`),
  electionStarted: ({ term }) => info(`election started for term ${term}`),
  voteGranted: ({ candidate, term }) => info(`voted for ${candidate} in term ${term}`),
  voteDenied: ({ candidate, term }) => info(`no vote for ${candidate} in term ${term}`),
  electionWon: ({ term }) => info(`election won: leader of term ${term}`),
  electionLost: ({ term, reason }) =>
    info(`election lost in term ${term}: ${electionLostReasons[reason]}`),
  leaderKnown: ({ leader, term }) => info(`${leader} leads term ${term}`),
  leaderLost: ({ leader, term }) => warn(`lost the leader ${leader} of term ${term}`),
  steppedDown: ({ term, reason }) =>
    warn(`no longer leader of term ${term}: ${stepDownReasons[reason]}`),
  waitingForOldLease: ({ waitMs }) =>
    info(`the former leader may hold its lease: no commit for ${Math.ceil(waitMs)} ms`),
  oldLeaseOver: () => info('the lease of the former leader is over: commits from now on'),
  roundStarted: () => info('heartbeat sent, lease renewed once a majority has seen it'),
  transferStarted: ({ to }) => info(`transferring the leadership to ${to}`),
  transferAbandoned: ({ to }) => warn(`${to} did not take the leadership over in time: leading on`),
  sourceChosen: ({ source, reason }) => info(`pulls from ${source}: ${chosenReasons[reason]}`),
  sourceDropped: ({ source, reason }) =>
    info(`no longer pulls from ${source}: ${droppedReasons[reason]}`),
  pulled: ({ source, count, last }) =>
    info(
      `pulled ${count} ${count === 1 ? 'entry' : 'entries'} from ${source}, ` +
        `up to ${positionText(last)}`,
    ),
  committed: ({ position, isLeader }) =>
    info(`${isLeader ? 'committed' : 'learned of the commit'} up to ${positionText(position)}`),
  truncated: ({ fromIndex, source }) =>
    warn(
      `removed uncommitted entries from ${fromIndex} on, which the log of ${source} does not have`,
    ),
  truncationRefused: ({ fromIndex, source }) =>
    warn(`${source} has another entry ${fromIndex} than we have committed: not pulling from it`),
  logLost: ({ heldBefore, last }) =>
    error(
      `this server held ${positionText(heldBefore)} on its disk, as others know, and its log now ` +
        `ends with ${positionText(last)}: a part of it was lost. It has no vote until it holds ` +
        'again what a leader has confirmed; check the disk',
    ),
  logRecovered: ({ position }) =>
    info(`holds again all that was confirmed since its start (${positionText(position)}): votes`),
  majorityLost: ({ lost }) =>
    error(
      `${lost.join(', ')} have lost a part of their logs, and the others are no majority: nobody ` +
        'can be elected who surely knows what was committed. Put back what was lost, or make a ' +
        'new cluster out of the best directory that is left (gossip-raft recover)',
    ),
  pullRefused: ({ source }) => info(`${source} has nothing that continues our log`),
  requestReceived: ({ operation }) => info(`received ${operation}`),
  entryApplied: ({ operation }) => info(`applied ${operation}`),
  snapshotWanted: ({ source }) => info(`too far behind: gets a snapshot from ${source}`),
  snapshotInstalled: ({ position }) => info(`goes on from a snapshot, ${positionText(position)}`),
  timingDiffers: ({ peer, theirs, ours }) =>
    warn(
      `${peer} has another timing in its configuration file (${timingText(theirs)}) than this ` +
        `server (${timingText(ours)}); make them the same, and restart one server after the other`,
    ),
  diskStalled: () => warn('the disk does not finish its writes'),
  diskRecovered: () => info('the disk finishes its writes again'),
  peerReached: ({ peer }) => info(`connected to ${peer}`),
  peerLost: ({ peer }) => warn(`no connection to ${peer}`),
};

const timingText = ({ heartbeatIntervalMs, electionTimeoutMs, leaseMs }: Timing): string =>
  `heartbeat ${heartbeatIntervalMs} ms, election ${electionTimeoutMs} ms, lease ${leaseMs} ms`;

type Foreign = Extract<ClusterEvent, { type: 'foreignCluster' }>;

function foreignText({ server, clusterId, address, isAnswer }: Foreign): string {
  const cluster = clusterId === undefined ? 'another cluster' : `the cluster ${clusterId}`;
  return isAnswer
    ? `the address of ${server}${address === undefined ? '' : `, ${address},`} now belongs to ` +
        `${cluster}, which is not ours: correct the port in the configuration file`
    : `a message of ${server} of ${cluster} was dropped: it takes this server for one of its ` +
        'own; correct the port in its configuration file, or stop it';
}

function changeText(change: MemberChange): string {
  switch (change.type) {
    case 'put':
      return `${change.id} at ${change.address} shall be a member`;
    case 'remove':
      return `${change.id} shall leave the cluster`;
    case 'replace':
      return `the data directory of ${change.id} is given up for a new one`;
  }
}

const stepDownReasons = {
  noQuorum: 'no majority hears us',
  newerTerm: 'there is a newer term',
  transferred: 'transferred the leadership',
  recovering: 'a part of its log was lost',
} as const;

const electionLostReasons = {
  anotherLeader: 'another server leads',
  newerTerm: 'there is a newer term',
  newerConfig: 'the members have changed',
  noMajority: 'no majority voted for us',
  recovering: 'a part of our log was lost',
} as const;

/** An event in words, for terminals and log files. */
export function sentenceFor<Type extends ClusterEvent['type']>(
  event: Extract<ClusterEvent, { type: Type }>,
): Sentence {
  const word = sentences[event.type] as (event: ClusterEvent) => Sentence;
  return word(event);
}
