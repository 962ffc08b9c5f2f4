import type { ReadBatchReply } from '../../transport/generated/gossipraft/ReadBatchReply.ts';
import type { ReadBatchRequest__Output as ReadBatchRequest } from '../../transport/generated/gossipraft/ReadBatchRequest.ts';
import type { ServerContext } from '../server-context.ts';
import type { Unary } from './handlers.ts';
import { whenReadable } from './when-readable.ts';

/** ReadBatch: where a batch stands in the log, for whoever lost its answer. */
export const readBatch =
  (context: ServerContext): Unary<ReadBatchRequest, ReadBatchReply> =>
  ({ batchId }, reply) =>
    whenReadable(context, refusal =>
      reply(refusal === undefined ? find(context, batchId) : { refused: refusal }),
    );

function find({ applyLoop }: ServerContext, batchId: string): ReadBatchReply {
  const { appliedIndex, journal } = applyLoop.state;
  const placement = journal.byBatchId.get(batchId);
  if (placement === undefined) {
    return { notFound: { appliedIndex, rememberedCount: journal.rememberedMax } };
  }
  const { first, last, term, index } = placement;
  return { found: { firstSeq: first, count: last - first + 1, position: { term, index } } };
}
