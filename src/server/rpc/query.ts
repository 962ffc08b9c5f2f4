import { MalformedBytes } from '../../codec/byte-reader.ts';
import type { QueryFields, QueryName } from '../../machines/machines.ts';
import { decodeQuery, encodeAnswer, queryText } from '../../machines/query.ts';
import type { QueryReply } from '../../transport/generated/gossipraft/QueryReply.ts';
import type { QueryRequest__Output as QueryRequest } from '../../transport/generated/gossipraft/QueryRequest.ts';
import { refused, refusedByHost } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';
import { serverView } from '../server-view.ts';
import { readConsistency, writeConsistency } from '../wire-consistency.ts';
import type { Unary } from './handlers.ts';

/** Query: a read of one machine, with what the answer rests on. */
export const query =
  (context: ServerContext): Unary<QueryRequest, QueryReply> =>
  async (request, reply) => {
    const asked = understand(request);
    if ('refused' in asked) {
      reply(asked);
      return;
    }
    const { name, fields, demand } = asked;
    tellOfRequest(context, name, fields);
    const found = await context.queries.ask(name, fields, demand);
    if (found.answer === undefined) {
      reply({ refused: refusedByHost(found.refused) });
      return;
    }
    const { consistency, ...warrant } = found.warrant;
    reply({
      answer: {
        fields: encodeAnswer(name, found.answer),
        view: serverView(context),
        consistency: writeConsistency(consistency),
        ...warrant,
      },
    });
  };

function understand({ name, fields, consistency, maxStalenessMs, minIndex }: QueryRequest) {
  const known = readConsistency(consistency);
  try {
    if (known === undefined) throw new MalformedBytes('there is no such consistency');
    if (!Number.isSafeInteger(minIndex)) throw new MalformedBytes('there is no such index');
    const query = decodeQuery(name as QueryName, fields);
    const demand = { consistency: known, maxStalenessMs, minIndex };
    return { name: name as QueryName, fields: query, demand };
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    return { refused: refused('REFUSAL_INVALID', error.message) };
  }
}

function tellOfRequest(
  { textRecords, host }: ServerContext,
  name: QueryName,
  fields: QueryFields<QueryName>,
): void {
  if (textRecords === undefined || host.view().role !== 'leader') return;
  textRecords.tell({ type: 'requestReceived', operation: queryText(name, fields) });
}
