import type Router from '@koa/router';
import type { Context } from 'koa';
import type { JournalPage } from '../../client/cluster-client.ts';
import type { GatewayContext, GatewayState } from '../app.ts';
import { deadlineMsOf, queryNumber, queryText } from '../parameters.ts';

const defaultLimit = 100;
const limitMax = 10_000;

/** What was put, and what became of a batch. */
export function addEntriesRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.get('/v1/entries', ctx => readEntries(ctx, context));
  router.get('/v1/batches/:uuid', ctx => readBatch(ctx, context, ctx.params['uuid'] ?? ''));
}

async function readEntries(ctx: Context, { client }: GatewayContext): Promise<void> {
  const from = queryNumber(ctx, 'from', { min: 1, max: Number.MAX_SAFE_INTEGER, fallback: 1 });
  const limit = queryNumber(ctx, 'limit', { min: 1, max: limitMax, fallback: defaultLimit });
  const server = queryText(ctx, 'server');
  const deadlineMs = deadlineMsOf(ctx);
  const page =
    server === undefined
      ? await client.readEntries({ from, limit }, deadlineMs)
      : await client.readEntriesAt(server, { from, limit }, deadlineMs);
  ctx.type = 'application/json';
  ctx.body = pageText(page, from, server !== undefined);
}

/** Built as text, so that the posted objects keep their very bytes (numbers beyond doubles too). */
function pageText(page: JournalPage, from: number, isLocal: boolean): string {
  const entries = page.entries.map(
    ({ seq, term, data }) => `{"seq":${seq},"term":${term},"data":${data.toString('utf8')}}`,
  );
  const last = page.entries.at(-1)?.seq ?? from - 1;
  const next = last < page.lastSeq ? last + 1 : null;
  const view = isLocal
    ? `,"view":${JSON.stringify({
        server: page.server,
        applied: page.appliedIndex,
        known_commit: page.knownCommitIndex,
        behind: Math.max(0, page.knownCommitIndex - page.appliedIndex),
      })}`
    : '';
  const kept = `"first_kept":${page.firstKept}`;
  return `{"entries":[${entries.join(',')}],"next":${next},"last":${page.lastSeq},${kept}${view}}`;
}

async function readBatch(ctx: Context, { client }: GatewayContext, uuid: string): Promise<void> {
  const fate = await client.readBatch(uuid, deadlineMsOf(ctx));
  if (fate.type === 'committed') {
    const { first, last, term, index } = fate;
    ctx.body = {
      batch: uuid,
      state: 'committed',
      count: last - first + 1,
      first,
      last,
      term,
      index,
    };
    return;
  }
  ctx.status = 404;
  ctx.body = {
    batch: uuid,
    state: 'not committed',
    detail:
      `up to log entry ${fate.appliedIndex} there is no such batch among the newest ` +
      `${fate.rememberedCount}; one that is still on its way may yet be committed`,
  };
}
