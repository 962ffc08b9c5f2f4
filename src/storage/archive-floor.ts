import type { ArchiveFloor, MetadataDocument } from './metadata-document.ts';

/** Posted objects by their numbers, both ends included. */
export type Range = { readonly firstSeq: number; readonly lastSeq: number };

/** Where it is kept what the archive holds: in the metadata. */
export type ArchiveFloorStore = {
  readonly archiveFloor: ArchiveFloor | undefined;
  update(patch: Partial<Pick<MetadataDocument, 'archiveFloor'>>): void;
};

/** For an archive that is written once, or of which nobody asks what it has lost. */
export function forgetfulFloor(): ArchiveFloorStore {
  let archiveFloor: ArchiveFloor | undefined;
  return {
    get archiveFloor() {
      return archiveFloor;
    },
    update: patch => {
      archiveFloor = patch.archiveFloor;
    },
  };
}

/** What the files (in order) hold if nothing is missing, and what they are known to have held. */
export function floorOf(
  files: readonly (Range & { readonly throughIndex: number })[],
  known: ArchiveFloor | undefined,
): ArchiveFloor {
  const newest = files.at(-1);
  const lastSeq = Math.max(known?.lastSeq ?? 0, newest?.lastSeq ?? 0);
  const throughIndex = Math.max(known?.throughIndex ?? 0, newest?.throughIndex ?? 0);
  // One file at most is not noted yet; if it stands apart, what lies between was dropped elsewhere.
  const isApart =
    newest !== undefined && known !== undefined && newest.firstSeq > known.lastSeq + 1;
  const firstSeq = isApart ? newest.firstSeq : (known?.firstSeq ?? files[0]?.firstSeq ?? 1);
  return { firstSeq, lastSeq, throughIndex };
}

/** What is between the ranges (which ascend), and before and behind them, within the whole. */
export function gapsIn(whole: Range, ranges: readonly Range[]): Range[] {
  const gaps: Range[] = [];
  let next = whole.firstSeq;
  for (const { firstSeq, lastSeq } of ranges) {
    if (firstSeq > next) gaps.push({ firstSeq: next, lastSeq: firstSeq - 1 });
    next = Math.max(next, lastSeq + 1);
  }
  if (next <= whole.lastSeq) gaps.push({ firstSeq: next, lastSeq: whole.lastSeq });
  return gaps;
}
