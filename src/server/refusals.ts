import { assert, unreachable } from '../assert.ts';
import { type ClusterReference, isSameCluster } from '../consensus/cluster-identity.ts';
import type { ClusterId, NodeId, RequestAnswer } from '../consensus/types.ts';
import type { NotAdmitted } from '../host/admission.ts';
import * as ofHost from '../host/refusal.ts';
import { upgradeRefusal } from '../host/upgrading.ts';
import type { Refusal } from '../transport/generated/gossipraft/Refusal.ts';
import type { Refused } from '../transport/generated/gossipraft/Refused.ts';
import type { Addressed } from './rpc/handlers.ts';
import type { ServerContext } from './server-context.ts';

const retryAfterMs = 100;

/** What a server says when it does not do what it was asked for. It has had no effect. */
export const refused = (reason: Refusal, detail: string, leader?: NodeId): Refused => ({
  reason,
  detail,
  retryAfterMs,
  ...(leader === undefined ? {} : { leader }),
});

const wireReasons = {
  notLeader: 'REFUSAL_NOT_LEADER',
  tooStale: 'REFUSAL_TOO_STALE',
  overloaded: 'REFUSAL_OVERLOADED',
  future: 'REFUSAL_FUTURE',
  forgotten: 'REFUSAL_FORGOTTEN',
  tooLarge: 'REFUSAL_TOO_LARGE',
  unreadable: 'REFUSAL_UNREADABLE',
  level: 'REFUSAL_LEVEL',
} as const satisfies Readonly<Record<ofHost.Refusal['reason'], Refusal>>;

/** A refusal of the host, as it travels. */
export const refusedByHost = ({ reason, detail, leader }: ofHost.Refusal): Refused =>
  refused(wireReasons[reason], detail, leader);

export const notLeader = (leader: NodeId | undefined): Refused =>
  refusedByHost(ofHost.notLeader(leader));

/** A client that knows the identity of its cluster is served by no other one. */
export function wrongCluster(own: ClusterReference, request: Addressed): Refused | undefined {
  const clusterId = (request.clusterId || undefined) as ClusterId | undefined;
  const asked = { clusterId, clusterName: request.clusterName };
  if (isSameCluster(own, asked)) return undefined;
  const detail = `this is the cluster ${clusterText(own)}, not ${clusterText(asked)}`;
  const refusal = refused('REFUSAL_WRONG_CLUSTER', detail);
  return own.clusterId === undefined ? refusal : { ...refusal, clusterId: own.clusterId };
}

const clusterText = ({ clusterId, clusterName }: ClusterReference): string =>
  JSON.stringify(clusterName.slice(0, 64)) +
  (clusterId === undefined ? '' : ` (${clusterId.slice(0, 64)})`);

const reasonsOfAdmission = {
  level: 'REFUSAL_LEVEL',
  idempotencyFull: 'REFUSAL_IDEMPOTENCY_FULL',
} as const satisfies Readonly<Record<NotAdmitted['reason'], Refusal>>;

/** Transactions that the host does not let into the log, as it travels. */
export const refusedAdmission = (found: NotAdmitted | undefined): Refused | undefined =>
  found && {
    ...refused(reasonsOfAdmission[found.reason], found.detail),
    transactions: [...found.places],
  };

/** Of a leader without room for writes: anybody else says who leads. */
export const refusedByDisk = ({
  isDiskFull,
  host,
}: Pick<ServerContext, 'isDiskFull' | 'host'>): Refused | undefined =>
  isDiskFull() && host.view().role === 'leader' ? diskFull : undefined;

/** Of a leader whose cluster is of a version of before, until all its members are not. */
export function refusedByUpgrade(context: ServerContext): Refused | undefined {
  const refusal = context.host.view().role === 'leader' ? upgradeRefusal(context) : undefined;
  return refusal && refusedByHost(refusal);
}

const diskFull: Refused = refused(
  'REFUSAL_DISK_FULL',
  "the leader's disk is full: writes are refused until there is room",
);

/** What the core has not done, as it travels. */
export function refusedByCore(answer: RequestAnswer): Refused {
  assert(answer.type === 'refused', 'what was done is not refused');
  switch (answer.reason) {
    case 'notLeader':
    case 'deposed':
      return notLeader(answer.leader);
    case 'transferring':
      return refused('REFUSAL_TRANSFERRING', 'the leadership is being transferred');
    case 'overloaded':
      return refused('REFUSAL_OVERLOADED', 'too much waits for its commit');
    case 'noTransfer':
      return refused('REFUSAL_NO_TRANSFER', answer.problem);
    case 'unsafeChange':
      return refused('REFUSAL_UNSAFE', answer.problem);
    default:
      return unreachable(answer);
  }
}
