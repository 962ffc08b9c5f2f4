import { randomUUID } from 'node:crypto';
import { ClusterError } from '../../errors/cluster-error.ts';
import { type Batch, type BodyRule, manyObjects, oneObject } from '../bodies.ts';
import { type Route, route } from '../route.ts';
import { operate } from '../transact.ts';

const putRoute = (path: string, body: BodyRule<Batch>): Route =>
  route({
    method: 'post',
    path,
    isWrite: true,
    body,
    ifUnknown:
      'Ask GET /v1/batches/{batch} before you repeat it. With an Idempotency-Key it could be ' +
      'repeated as it is.',
    async answer(ctx, context, { body: { count, data, wasMended }, ...sending }) {
      const batchId = randomUUID();
      const operation = { op: 'journal.append', batchId, count, data } as const;
      const done = await operate(ctx, context, operation, sending).catch((error: unknown) => {
        throw ofBatch(error, batchId);
      });
      if (wasMended) ctx.set('Warning', '299 - "trailing commas were removed"');
      const { term, index, leader, answer } = done;
      const { first, last, batchId: batch } = answer;
      ctx.body = {
        msg: 'Data entries have been acknowledged by the server: [ack].',
        event: 'ack',
        count: last - first + 1,
        first,
        last,
        term,
        index,
        leader,
        batch,
      };
    },
  });

/** Objects that people post, a batch or one alone. */
export const putRoutes: readonly Route[] = [
  putRoute('/put_all', manyObjects),
  putRoute('/put_key', oneObject),
];

/** Whose fate is open wants to know under which name to ask for it. */
function ofBatch(error: unknown, batchId: string): unknown {
  const isOpen = error instanceof ClusterError && error.outcome === 'unknown';
  return isOpen ? new ClusterError(error.code, error.message, batchId) : error;
}
