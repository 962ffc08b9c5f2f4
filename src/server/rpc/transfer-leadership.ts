import type { NodeId } from '../../consensus/types.ts';
import type { TransferLeadershipReply } from '../../transport/generated/gossipraft/TransferLeadershipReply.ts';
import type { TransferLeadershipRequest__Output as TransferRequest } from '../../transport/generated/gossipraft/TransferLeadershipRequest.ts';
import { notLeader, refusedByCore } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';
import type { Unary } from './handlers.ts';

/** TransferLeadership: to a voter, or to the best one. */
export const transferLeadership =
  ({ requests, host }: ServerContext): Unary<TransferRequest, TransferLeadershipReply> =>
  ({ to }, reply) => {
    const { role, leader } = host.view();
    if (role !== 'leader') {
      reply({ refused: notLeader(leader) });
      return;
    }
    requests.transferLeadership((to || undefined) as NodeId | undefined, answer => {
      if (answer.type === 'transferred') reply({ isDone: true });
      else reply({ refused: refusedByCore(answer) });
    });
  };
