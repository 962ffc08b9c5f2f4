import { encodeResult } from '../../machines/frame/result.ts';
import type { AckEntriesReply } from '../../transport/generated/gossipraft/AckEntriesReply.ts';
import type { AckEntriesRequest__Output as AckRequest } from '../../transport/generated/gossipraft/AckEntriesRequest.ts';
import type { Refused } from '../../transport/generated/gossipraft/Refused.ts';
import { AckStream } from '../ack-stream.ts';
import { notLeader, refused } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';
import type { Streaming } from './handlers.ts';

/** AckEntries: the results of a session's commands, as they are applied at the leader. */
export const ackEntries =
  (context: ServerContext): Streaming<AckRequest, AckEntriesReply> =>
  call => {
    const { requests, host } = context;
    const { sessionId } = call.request;
    const refusal = refusalOfSession(context, sessionId);
    if (refusal !== undefined) {
      call.end({ ended: refusal });
      return;
    }
    const acks = new AckStream(call, {
      intervalMs: host.view().timings.heartbeatIntervalMs,
      isBusy: () => host.view().isCommitting,
    });
    const unsubscribe = requests.subscribe(sessionId, {
      acknowledged: ({ sequence, position, result }) =>
        acks.push({ sequence, position, result: encodeResult(result) }),
      ended: leader => acks.end(notLeader(leader ?? host.view().leader)),
    });
    const stop = (): void => {
      acks.stop();
      unsubscribe();
    };
    call.on('cancelled', stop);
    call.on('error', stop);
    call.on('close', stop);
  };

function refusalOfSession({ host }: ServerContext, sessionId: number): Refused | undefined {
  if (!Number.isSafeInteger(sessionId)) {
    return refused('REFUSAL_INVALID', 'there is no such session');
  }
  const { role, leader } = host.view();
  return role === 'leader' ? undefined : notLeader(leader);
}
