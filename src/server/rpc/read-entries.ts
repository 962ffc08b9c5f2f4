import { firstKeptSeq, readJournal, UnreadableObjects } from '../../host/journal-reader.ts';
import type { ReadEntriesReply } from '../../transport/generated/gossipraft/ReadEntriesReply.ts';
import type { ReadEntriesRequest__Output as ReadEntriesRequest } from '../../transport/generated/gossipraft/ReadEntriesRequest.ts';
import type { Refused } from '../../transport/generated/gossipraft/Refused.ts';
import { refused } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';
import { serverView } from '../server-view.ts';
import type { Unary } from './handlers.ts';
import { whenReadable } from './when-readable.ts';

/** Entries in one answer, however many are asked for. */
const pageMaxEntries = 10_000;

/** ReadEntries: posted objects, linearizable or as this server has them. */
export const readEntries =
  (context: ServerContext): Unary<ReadEntriesRequest, ReadEntriesReply> =>
  async (request, reply) => {
    const refusal = request.isLinearizable ? await readable(context) : undefined;
    if (refusal !== undefined) reply({ refused: refusal });
    else reply(await page(context, request).then(found => ({ page: found }), unreadable));
  };

const readable = (context: ServerContext): Promise<Refused | undefined> =>
  new Promise(resolve => whenReadable(context, resolve));

async function page(context: ServerContext, { from, limit }: { from: number; limit: number }) {
  const { applyLoop, log, archive, timers } = context;
  const { state } = applyLoop;
  const entries = await readJournal(
    { state, log, archive, timers },
    { from: Math.max(1, from), limit: Math.min(limit, pageMaxEntries) },
  );
  return {
    entries: entries.map(entry => ({ ...entry, data: Buffer.from(entry.data) })),
    lastSeq: state.journal.lastSeq,
    firstKept: firstKeptSeq({ archive }),
    view: serverView(context),
  };
}

/** Another server may have what cannot be read here. */
function unreadable(error: unknown): { refused: Refused } {
  if (!(error instanceof UnreadableObjects)) throw error;
  return { refused: refused('REFUSAL_UNREADABLE', error.message) };
}
