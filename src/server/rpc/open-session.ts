import { encodeCommand } from '../../machines/frame/command.ts';
import type { OpenSessionReply } from '../../transport/generated/gossipraft/OpenSessionReply.ts';
import type { OpenSessionRequest__Output as OpenSessionRequest } from '../../transport/generated/gossipraft/OpenSessionRequest.ts';
import { notLeader, refused, refusedByCore, refusedByDisk, refusedByUpgrade } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';
import type { Unary } from './handlers.ts';

const nonceMaxLength = 64;

/** OpenSession: an entry of its own, whose result is the session. */
export const openSession =
  (context: ServerContext): Unary<OpenSessionRequest, OpenSessionReply> =>
  ({ nonce }, reply) => {
    if (nonce.length > nonceMaxLength) {
      reply({ refused: refused('REFUSAL_INVALID', 'the nonce is too long') });
      return;
    }
    const refusal = refusedByDisk(context) ?? refusedByUpgrade(context);
    if (refusal !== undefined) {
      reply({ refused: refusal });
      return;
    }
    const { requests, host } = context;
    requests.propose([encodeCommand({ type: 'openSession', nonce })], answer => {
      if (answer.type !== 'appended') {
        reply({ refused: refusedByCore(answer) });
        return;
      }
      const { position } = answer;
      requests.appliedAt(position, isApplied => {
        if (isApplied) reply({ sessionId: position.index });
        else reply({ refused: notLeader(host.view().leader) });
      });
    });
  };
