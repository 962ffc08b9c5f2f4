import { z } from 'zod';
import type { JournalPage } from '../../client/journal-page.ts';
import { wholeNumber } from '../fields.ts';
import { RequestProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';

const defaultLimit = 100;
const limitMax = 10_000;
/** Of names that were chosen here; 256 bytes at most in any writing. */
const batchMaxLength = 64;

const readEntries = route({
  method: 'get',
  path: '/v1/entries',
  query: z.strictObject({
    from: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).default(1),
    limit: wholeNumber({ min: 1, max: limitMax }).default(defaultLimit),
    server: z.string().min(1, { error: 'expected the name of a server' }).optional(),
  }),
  async answer(ctx, { client }, { query, deadlineMs }) {
    const { server, ...range } = query;
    const page =
      server === undefined
        ? await client.readEntries(range, deadlineMs)
        : await client.readEntriesAt(server, range, deadlineMs);
    ctx.type = 'application/json';
    ctx.body = pageText(page, range.from, server !== undefined);
  },
});

/** Built as text, so that the posted objects keep their very bytes (numbers beyond doubles too). */
function pageText(page: JournalPage, from: number, isLocal: boolean): string {
  const entries = page.entries.map(
    ({ seq, term, data }) => `{"seq":${seq},"term":${term},"data":${textOf(data)}}`,
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

const textOf = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.length).toString('utf8');

const readBatch = route({
  method: 'get',
  path: '/v1/batches/:uuid',
  params: z.strictObject({ uuid: z.string().max(batchMaxLength) }),
  async answer(ctx, { client }, { params, deadlineMs }) {
    const { uuid: batch } = params;
    const demand = { consistency: 'lease' } as const;
    const { answer, view } = await client.query(
      'journal.batch',
      { batchId: batch },
      demand,
      deadlineMs,
    );
    if (answer.found !== undefined) {
      const { first, last, term, index } = answer.found;
      const count = last - first + 1;
      ctx.body = { batch, state: 'committed', count, first, last, term, index };
      return;
    }
    const detail =
      `up to log entry ${view.appliedIndex} there is no such batch among the newest ` +
      `${answer.rememberedCount}; one that is still on its way may yet be committed`;
    const hint = 'Ask again after the deadline of its request, or repeat that under its key.';
    // Of the batch: it may be on its way, or too old to be remembered.
    const fateless = { batch, state: 'not found', outcome: 'unknown' };
    throw new RequestProblem('batchNotFound', detail, hint, fateless);
  },
});

/** What was put, and what became of a batch. */
export const entriesRoutes: readonly Route[] = [readEntries, readBatch];
