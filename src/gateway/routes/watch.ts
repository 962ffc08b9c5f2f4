import type { Context } from 'koa';
import { z } from 'zod';
import type { GatewayContext } from '../context.ts';
import { answerEvents, type EventStream } from '../event-answer.ts';
import type { EventResponse } from '../event-response.ts';
import { flag, wholeNumber } from '../fields.ts';
import { keyField } from '../key-parameters.ts';
import { boundsOf, checkRange, rangeFields } from '../key-range.ts';
import { type Route, route } from '../route.ts';
import { keyWords } from '../watch-words.ts';

const revision = wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER });
const headers = z.strictObject({ 'Last-Event-ID': revision.optional() });

const watchShape = z
  .strictObject({
    key: keyField().optional(),
    ...rangeFields,
    after: revision.optional(),
    from: revision.optional(),
    prev: flag().default(false),
    filter: z.enum(['put', 'delete']).optional(),
    progress: flag().default(false),
  })
  .superRefine(checkRange)
  .superRefine(({ after, from }, context) => {
    if (after === undefined || from === undefined) return;
    const message =
      'but "after" is given, too: "from" is the first revision, "after" the last seen';
    context.addIssue({ code: 'custom', path: ['from'], message });
  });

/** Changes of keys as server-sent events; the id of an event is its revision. */
export const watchRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/watch',
    query: watchShape,
    headers,
    async answer(ctx, context, { query, headers, deadlineMs }) {
      const { from, filter, prev: withPrevious } = query;
      const named = query.after ?? (from === undefined ? undefined : Math.max(0, from - 1));
      // A browser that comes back repeats the address: what it has seen counts more.
      const seen = headers['Last-Event-ID'] ?? named;
      const wants = { puts: filter !== 'delete', deletes: filter !== 'put', withPrevious };
      const subject = {
        filter: { ...boundsOf(query), ...wants },
        words: keyWords({ withPrevious }),
      };
      const stream = { subject, tellsProgress: query.progress };
      await answerFrom(ctx, context, stream, { seen, deadlineMs });
    },
  }),
];

/** Behind what was seen; or from now on. */
async function answerFrom(
  ctx: Context,
  context: GatewayContext,
  stream: Omit<EventStream, 'after'>,
  { seen, deadlineMs }: { readonly seen: number | undefined; readonly deadlineMs: number },
): Promise<void> {
  const newest = context.watches.newestRevision(deadlineMs);
  // Who comes back while nobody leads is not sent away for that.
  const looked = newest.catch(() => undefined);
  const after = seen ?? (await newest);
  const reader = await answerEvents(ctx, context, { ...stream, after });
  endOfFuture(reader, seen, await looked);
}

/** Of another cluster, or of one that has begun anew: it would wait for what never comes. */
function endOfFuture(
  reader: EventResponse,
  seen: number | undefined,
  newest: number | undefined,
): void {
  if (seen === undefined || newest === undefined || seen <= newest) return;
  reader.end('future', `revision ${seen} is not there yet; the newest is ${newest}`);
}
