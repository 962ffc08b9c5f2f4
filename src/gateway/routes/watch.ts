import { createSession, type Session } from 'better-sse';
import type { Context } from 'koa';
import { z } from 'zod';
import type { KeyChange } from '../../client/key-watch.ts';
import { type ByteString, bytesOf } from '../../state-machines/byte-string.ts';
import type { GatewayContext } from '../context.ts';
import { wholeNumber } from '../fields.ts';
import { itemBody } from '../item-body.ts';
import { rangeField } from '../key-parameters.ts';
import { type Route, route } from '../route.ts';

/** A client that does not read loses its stream, and may come back where it was. */
const backlogMaxBytes = 4 * 1024 * 1024;
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
      const after = seen ?? (await newestRevision(context.client, deadlineMs));
      await watch(ctx, context, prefix, after);
    },
  }),
];

async function watch(
  ctx: Context,
  { client }: GatewayContext,
  prefix: ByteString,
  after: number,
): Promise<void> {
  ctx.respond = false;
  ctx.res.statusCode = 200;
  const session = await createSession(ctx.req, ctx.res, { retry: retryMs, keepAlive: pingMs });
  session.push({ after }, 'start', String(after));
  let seen = after;
  const watching = client.watchKeys({
    prefix,
    after,
    onChanges: (changes, through) => {
      push(session, changes, seen);
      seen = through;
      // Lets a client that comes back skip what is not its prefix.
      if (changes.length === 0) session.push({ through }, 'progress', String(through));
      if (ctx.res.writableLength > backlogMaxBytes) end(session, 'lagging', 'you read too slowly');
    },
    onEnd: error => end(session, error.code, error.message),
  });
  const end = (to: Session, code: string, detail: string): void => {
    watching.close();
    to.push({ code, detail }, 'end');
    ctx.res.end();
  };
  session.once('disconnected', () => watching.close());
}

async function newestRevision(
  client: GatewayContext['client'],
  deadlineMs: number,
): Promise<number> {
  const none = '\0' as ByteString;
  const page = await client.readKeys(
    { consistency: 'lease', start: none, end: none, limit: 1, withValues: false },
    deadlineMs,
  );
  return page.revision;
}

/**
 * Only whole revisions count as seen: a client that loses its stream within one gets it again, and
 * so every change but the last of a revision carries the id of the revision before.
 */
function push(session: Session, changes: readonly KeyChange[], before: number): void {
  let seen = before;
  for (const [place, { key, revision, item }] of changes.entries()) {
    if (changes[place + 1]?.revision !== revision) seen = revision;
    const name = bytesOf(key).toString();
    const body =
      item === undefined ? { key: name, revision } : { ...itemBody(item, true), revision };
    session.push(body, item === undefined ? 'delete' : 'put', String(seen));
  }
}
