import type { Context } from 'koa';
import { z } from 'zod';
import type { ByteString } from '../../codec/byte-string.ts';
import type { GatewayContext } from '../context.ts';
import { EventResponse } from '../event-response.ts';
import { wholeNumber } from '../fields.ts';
import { rangeField } from '../key-parameters.ts';
import { type Route, route } from '../route.ts';
import { eventText } from '../watch-words.ts';

const retryMs = 1000;
const pingMs = 10_000;
const revision = wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** Changes of keys as server-sent events; the id of an event is its revision. */
export const watchRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/watch',
    query: z.strictObject({
      prefix: rangeField().default('' as ByteString),
      from: revision.optional(),
    }),
    headers: z.strictObject({ 'Last-Event-ID': revision.optional() }),
    async answer(ctx, context, { query, headers, deadlineMs }) {
      const { prefix, from } = query;
      // A browser that comes back repeats the address: what it has seen counts more.
      const seen =
        headers['Last-Event-ID'] ?? (from === undefined ? undefined : Math.max(0, from - 1));
      const newest = context.watches.newestRevision(deadlineMs);
      // Who comes back while nobody leads is not sent away for that.
      const looked = newest.catch(() => undefined);
      const reader = await watch(ctx, context, prefix, seen ?? (await newest));
      looked.then(revision => endOfFuture(reader, seen, revision));
    },
  }),
];

/** Of another cluster, or of one that has begun anew: it would wait for what never comes. */
function endOfFuture(
  reader: EventResponse,
  seen: number | undefined,
  newest: number | undefined,
): void {
  if (seen === undefined || newest === undefined || seen <= newest) return;
  reader.end('future', `revision ${seen} is not there yet; the newest is ${newest}`);
}

async function watch(
  ctx: Context,
  { watches }: GatewayContext,
  prefix: ByteString,
  after: number,
): Promise<EventResponse> {
  ctx.respond = false;
  const { res } = ctx;
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const reader = new EventResponse(res, after);
  reader.write(`retry:${retryMs}\n\n${eventText('start', after, { after })}`);
  const pinging = setInterval(() => reader.ping(), pingMs);
  // It may be gone before it has been let in.
  let leave: (() => void) | undefined;
  res.once('close', () => {
    clearInterval(pinging);
    leave?.();
  });
  leave = await watches.join(prefix, reader);
  if (res.closed) leave();
  return reader;
}
