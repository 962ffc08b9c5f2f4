import type Router from '@koa/router';
import { createSession, type Session } from 'better-sse';
import type { Context } from 'koa';
import type { KeyChange } from '../../client/key-watch.ts';
import { type ByteString, bytesOf } from '../../state-machines/byte-string.ts';
import type { GatewayContext, GatewayState } from '../app.ts';
import { keyOf } from '../key-parameters.ts';
import { deadlineMsOf, queryNumber, queryText } from '../parameters.ts';
import { RequestProblem } from '../problem.ts';
import { itemBody } from './keys.ts';

/** A client that does not read loses its stream, and may come back where it was. */
const backlogMaxBytes = 4 * 1024 * 1024;
const retryMs = 1000;
const pingMs = 10_000;

/** Changes of keys as server-sent events; the id of an event is its revision. */
export function addWatchRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.get('/v1/watch', ctx => watch(ctx, context));
}

async function watch(ctx: Context, { client }: GatewayContext): Promise<void> {
  const prefixText = queryText(ctx, 'prefix');
  const prefix = prefixText === undefined ? ('' as ByteString) : keyOf(prefixText);
  const after = afterOf(ctx) ?? (await newestRevision(ctx, client));
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

/** After the last event that the client has seen; else from `from` on; undefined: from now on. */
function afterOf(ctx: Context): number | undefined {
  const lastId = ctx.get('Last-Event-ID');
  if (lastId !== '') {
    const number = Number(lastId);
    if (Number.isSafeInteger(number) && number >= 0) return number;
    const hint = 'It is the id of the last event, which is a revision.';
    throw new RequestProblem('badParameter', `Last-Event-ID is "${lastId}"`, hint);
  }
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: -1 };
  const from = queryNumber(ctx, 'from', range);
  return from < 0 ? undefined : Math.max(0, from - 1);
}

async function newestRevision(ctx: Context, client: GatewayContext['client']): Promise<number> {
  const none = '\0' as ByteString;
  const page = await client.readKeys(
    { consistency: 'lease', start: none, end: none, limit: 1, withValues: false },
    deadlineMsOf(ctx),
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
