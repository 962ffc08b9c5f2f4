import { ClusterError } from '../errors/cluster-error.ts';
import { gapIn, type JournalPage, pageOf } from './journal-page.ts';
import { ask } from './query.ts';
import type { ServerCalls } from './server-calls.ts';

export type ObjectRange = { readonly from: number; readonly limit: number };

/** Behind everything: the page is empty, and says how far there are objects. */
const beyondAll = { from: Number.MAX_SAFE_INTEGER, limit: 1 };

/**
 * A linearizable page, whole. The leader says what there is. What it cannot read, because a file of
 * its is damaged or missing, comes from another server: an object never changes. Rejects rather
 * than to leave one out.
 */
export async function readObjects(
  calls: ServerCalls,
  servers: readonly string[],
  range: ObjectRange,
  timeoutMs: number,
): Promise<JournalPage> {
  const deadline = Date.now() + timeoutMs;
  const leftMs = (): number => Math.max(1, deadline - Date.now());
  const problems: string[] = [];
  try {
    return wholePage(await askLeader(calls, range, timeoutMs), range.from);
  } catch (error) {
    noteUnreadable(error, problems);
  }
  const known = await askLeader(calls, beyondAll, leftMs());
  const from = Math.max(range.from, known.firstKept);
  if (from > known.lastSeq) return known;
  for (const server of servers.filter(id => id !== known.server)) {
    try {
      const page = await readObjectsAt(calls, server, { ...range, from }, leftMs());
      const entries = page.entries.filter(({ seq }) => seq <= known.lastSeq);
      if (entries[0]?.seq === from) return { ...known, entries };
    } catch (error) {
      noteUnreadable(error, problems);
    }
  }
  throw new ClusterError('unreadable', problems.join('; '));
}

/** The page as one server sees it, whole; it may be behind. */
export async function readObjectsAt(
  calls: ServerCalls,
  server: string,
  range: ObjectRange,
  timeoutMs: number,
): Promise<JournalPage> {
  const demand = { consistency: 'local', server } as const;
  const page = await ask(calls, 'journal.entries', range, demand, timeoutMs);
  return wholePage(pageOf(page), range.from);
}

const askLeader = async (
  calls: ServerCalls,
  range: ObjectRange,
  timeoutMs: number,
): Promise<JournalPage> =>
  pageOf(await ask(calls, 'journal.entries', range, { consistency: 'quorum' }, timeoutMs));

function wholePage(page: JournalPage, from: number): JournalPage {
  const gap = gapIn(page, from);
  if (gap === undefined) return page;
  throw new ClusterError('unreadable', `${page.server} leaves out object ${gap}`);
}

function noteUnreadable(error: unknown, problems: string[]): void {
  const isOne = error instanceof ClusterError;
  const isElsewhere = isOne && (error.code === 'unreadable' || error.code === 'serverUnreachable');
  if (!isElsewhere) throw error;
  problems.push(error.message);
}
