import type { NodeId, RefusalReason } from '../consensus/types.ts';
import * as ofHost from '../host/refusal.ts';
import type { Refusal } from '../transport/generated/gossipraft/Refusal.ts';
import type { Refused } from '../transport/generated/gossipraft/Refused.ts';

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
  future: 'REFUSAL_FUTURE',
  forgotten: 'REFUSAL_FORGOTTEN',
} as const satisfies Readonly<Record<ofHost.Refusal['reason'], Refusal>>;

/** A refusal of the host, as it travels. */
export const refusedByHost = ({ reason, detail, leader }: ofHost.Refusal): Refused =>
  refused(wireReasons[reason], detail, leader);

export const notLeader = (leader: NodeId | undefined): Refused =>
  refusedByHost(ofHost.notLeader(leader));

export function wrongCluster(own: string, asked: string): Refused | undefined {
  if (asked === own) return undefined;
  const other = JSON.stringify(asked.slice(0, 64));
  return refused('REFUSAL_WRONG_CLUSTER', `this is cluster "${own}", not ${other}`);
}

export function refusedProposal(reason: RefusalReason, leader: NodeId | undefined): Refused {
  switch (reason) {
    case 'notLeader':
      return notLeader(leader);
    case 'handingOver':
      return refused('REFUSAL_HANDING_OVER', 'the leadership is being handed over');
    case 'overloaded':
      return refused('REFUSAL_OVERLOADED', 'too much waits for its commit');
  }
}
