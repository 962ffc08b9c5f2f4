import type { ServerConnection } from './server-connection.ts';

/** Objects that were posted, from some number on, and how far there are any. */
export type JournalPage = {
  readonly entries: readonly {
    readonly seq: number;
    readonly term: number;
    readonly data: Buffer;
  }[];
  /** Number of the last entry in this view. */
  readonly lastSeq: number;
  /** Number of the oldest entry that is still kept. */
  readonly firstKept: number;
  readonly server: string;
  readonly term: number;
  readonly leader: string | undefined;
  readonly appliedIndex: number;
  /** The newest commit index that the server has heard of: how far it is behind. */
  readonly knownCommitIndex: number;
};

type WirePage = NonNullable<Awaited<ReturnType<ServerConnection['readEntries']>>['page']>;

export function pageOf(page: WirePage | null | undefined): JournalPage {
  const view = page?.view;
  return {
    entries: page?.entries ?? [],
    lastSeq: page?.lastSeq ?? 0,
    firstKept: page?.firstKept ?? 1,
    server: view?.server ?? '',
    term: view?.term ?? 0,
    leader: view?.leader,
    appliedIndex: view?.appliedIndex ?? 0,
    knownCommitIndex: view?.knownCommitIndex ?? 0,
  };
}

/**
 * The first object that is missing on a page from number `from` on; undefined when it is whole. A
 * page may end early, but it leaves nothing out, and begins where it was asked to, or where the
 * objects that are kept begin. (They may have been dropped while the page was made.)
 */
export function gapIn(
  { entries, firstKept, lastSeq }: Pick<JournalPage, 'entries' | 'firstKept' | 'lastSeq'>,
  from: number,
): number | undefined {
  const [first] = entries;
  const expected = Math.max(from, firstKept);
  if (first === undefined) return expected <= lastSeq ? expected : undefined;
  const beginsRight = first.seq === from || (first.seq > from && first.seq <= firstKept);
  if (!beginsRight) return expected;
  const place = entries.findIndex(({ seq }, at) => seq !== first.seq + at);
  return place < 0 ? undefined : first.seq + place;
}
