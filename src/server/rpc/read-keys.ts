import { rangeText, readKeys as readRange } from '../../host/key-reader.ts';
import { ReadGate } from '../../host/read-gate.ts';
import type { ReadKeysReply } from '../../transport/generated/gossipraft/ReadKeysReply.ts';
import type { ReadKeysRequest__Output as ReadKeysRequest } from '../../transport/generated/gossipraft/ReadKeysRequest.ts';
import { refused, refusedByHost } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';
import { serverView } from '../server-view.ts';
import { readConsistency, writeConsistency } from '../wire-consistency.ts';
import type { Unary } from './handlers.ts';

/** ReadKeys: a range of keys, with what the answer rests on. */
export function readKeys(context: ServerContext): Unary<ReadKeysRequest, ReadKeysReply> {
  const gate = new ReadGate(context);
  const { applyLoop, textRecords, host } = context;
  return (request, reply) => {
    const consistency = readConsistency(request.consistency);
    if (consistency === undefined) {
      reply({ refused: refused('REFUSAL_INVALID', 'there is no such consistency') });
      return;
    }
    if (host.view().role === 'leader') {
      textRecords?.tell({ type: 'requestReceived', operation: rangeText(request) });
    }
    const { state } = applyLoop;
    gate.read(
      { ...request, consistency },
      () => ({ ...readRange(state, request), view: serverView(context) }),
      answer => {
        if (answer.value === undefined) reply({ refused: refusedByHost(answer.refused) });
        else if ('refused' in answer.value) {
          reply({ refused: refusedByHost(answer.value.refused) });
        } else {
          const { page, view } = answer.value;
          const { next, entries, revision } = page;
          const more = next === undefined ? {} : { next };
          const { warrant } = answer;
          const wireWarrant = { ...warrant, consistency: writeConsistency(warrant.consistency) };
          reply({ page: { entries: [...entries], revision, ...more, view, ...wireWarrant } });
        }
      },
    );
  };
}
