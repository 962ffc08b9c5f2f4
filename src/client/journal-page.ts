import type { Read, ReadView } from './query.ts';

/** Objects that were posted, from some number on, and how far there are any. */
export type JournalPage = {
  readonly entries: readonly {
    readonly seq: number;
    readonly term: number;
    readonly data: Uint8Array;
  }[];
  /** Number of the last entry in this view. */
  readonly lastSeq: number;
  /** Number of the oldest entry that is still kept. */
  readonly firstKept: number;
} & ReadView;

export const pageOf = ({ answer, view }: Read<'journal.entries'>): JournalPage => ({
  ...answer,
  ...view,
});

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
