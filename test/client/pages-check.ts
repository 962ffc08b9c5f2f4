import { gapIn } from '../../src/client/journal-page.ts';

/** Objects on a page, from which some may have been dropped while it was made. */
type Page = {
  readonly from: number;
  readonly firstKept: number;
  readonly lastSeq: number;
  readonly seqs: readonly number[];
};

const gapOf = ({ seqs, from, ...page }: Page): number | undefined =>
  gapIn({ ...page, entries: seqs.map(seq => ({ seq, term: 1, data: Buffer.alloc(0) })) }, from);

/** The first page of all small ones that is taken for whole, or for broken, and is not. */
export function checkPages(): string | undefined {
  for (let from = 1; from <= 6; from += 1) {
    for (let firstKept = 1; firstKept <= 6; firstKept += 1) {
      for (let length = 1; length <= 5; length += 1) {
        const start = Math.max(from, firstKept);
        const seqs = Array.from({ length }, (_, place) => start + place);
        const page = { from, firstKept, lastSeq: start + length - 1, seqs };
        const wrong = wrongOf(page);
        if (wrong !== undefined) return `${JSON.stringify(page)}: ${wrong}`;
      }
    }
  }
  const dropped = { from: 3, firstKept: 5, lastSeq: 9, seqs: [3, 4, 5] };
  if (gapOf(dropped) !== undefined) return 'what was dropped meanwhile is no gap';
  return gapOf({ from: 3, firstKept: 1, lastSeq: 2, seqs: [] }) === undefined
    ? undefined
    : 'an empty page behind the end is whole';
}

function wrongOf(page: Page): string | undefined {
  const { seqs } = page;
  if (gapOf(page) !== undefined) return 'it is whole';
  // Without its last ones a page ends early; without any other it has a gap.
  for (const [place, taken] of seqs.entries()) {
    const rest = seqs.filter((_, at) => at !== place);
    const expected = rest.length === 0 || place < seqs.length - 1 ? taken : undefined;
    if (gapOf({ ...page, seqs: rest }) !== expected) return `without ${taken}`;
  }
  const shifted = seqs.map(seq => seq + 1);
  return gapOf({ ...page, seqs: shifted }) === seqs[0] ? undefined : 'it begins too late';
}
