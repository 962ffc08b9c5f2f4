import { bytesOf } from '../../codec/byte-string.ts';
import { PlaceTable } from '../journal/place-table.ts';
import { decodeOldCommand } from './old-command.ts';
import type { OldCheckpoint, OldJournal } from './old-journal.ts';

/** The objects that an entry of before has posted, as a JSON array; or none. */
export function oldAppend(
  payload: Uint8Array,
  isOfFailure: boolean,
): { readonly count: number; readonly data: Uint8Array } | undefined {
  const command = decodeOldCommand(payload);
  if (command?.kind === 'put') return { count: command.count, data: command.data };
  if (command?.kind !== 'transact') return undefined;
  const append = (isOfFailure ? command.failure : command.success).find(
    ({ op }) => op === 'append',
  );
  if (append?.op !== 'append') return undefined;
  return { count: append.count, data: bytesOf(append.data) };
}

/** What lies behind the archive, and what the log still holds. */
export type OldGap = {
  readonly archive: { readonly lastSeq: number; readonly throughIndex: number };
  readonly firstIndex: number;
};

/**
 * Finds the places of objects that a snapshot of before knows of and that were not archived yet, by
 * counting what the log holds up to the snapshot.
 */
export class OldPlaces {
  readonly #journal: OldJournal;
  readonly #withoutEffect: ReadonlySet<number>;
  readonly #failureTaken: ReadonlySet<number>;
  readonly #checkpoints: ReadonlyMap<number, OldCheckpoint>;
  readonly #found = new PlaceTable();
  #next: number;
  /** The entry from which on it counts; undefined when nothing is to be found. */
  readonly fromIndex: number | undefined;

  constructor(journal: OldJournal, { archive, firstIndex }: OldGap) {
    const { checkpoints, withoutEffect, failureTaken } = journal.counting;
    this.#journal = journal;
    this.#withoutEffect = new Set(withoutEffect);
    this.#failureTaken = new Set(failureTaken);
    this.#checkpoints = new Map(checkpoints.map(checkpoint => [checkpoint.index, checkpoint]));
    const end = { first: archive.lastSeq + 1, index: archive.throughIndex + 1 };
    const start = [...checkpoints.filter(({ index }) => index > archive.throughIndex), end]
      .filter(({ index }) => index >= firstIndex)
      .sort((a, b) => a.index - b.index)[0];
    this.#next = start?.first ?? 0;
    const isArchived = archive.lastSeq >= journal.lastSeq;
    this.fromIndex = start === undefined || isArchived ? undefined : start.index;
  }

  add({ index, kind, payload }: { index: number; kind: string; payload: Uint8Array }): void {
    this.#next = this.#checkpoints.get(index)?.first ?? this.#next;
    if (kind !== 'command' || this.#withoutEffect.has(index)) return;
    const isOfFailure = this.#failureTaken.has(index);
    const append = oldAppend(payload, isOfFailure);
    if (append === undefined) return;
    this.#found.add({ first: this.#next, index, item: 0, isOfFailure });
    this.#next += append.count;
  }

  /** Puts what was found in front of what has been noted since. */
  finish(): void {
    for (const place of this.#journal.places.capture()) this.#found.add(place);
    this.#journal.places = this.#found;
  }
}
