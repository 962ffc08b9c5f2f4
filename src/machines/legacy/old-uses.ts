import { hashOf } from '../frame/text-hash.ts';
import { BoundedMap } from './bounded-map.ts';
import type { OldPlacement } from './old-result.ts';

/** What an idempotency key was used for. */
export type OldUse = {
  readonly hash: readonly [number, number, number, number];
  readonly placement: OldPlacement;
  readonly atMs: number;
};

export type OldIdempotencyLimits = {
  readonly promisedMs: number;
  readonly lifetimeMs: number;
  readonly maxBytes: number;
};

/** The room that each takes, of that which the leader has told. */
const bytesPerUse = 64;

/**
 * The writes that people have named themselves, the oldest first. What a key was used for is left
 * out: it decides what is answered and nothing else.
 */
export type OldUses = {
  readonly limits: OldIdempotencyLimits;
  maxBytes: number;
  forgottenAtMs: number | undefined;
  readonly byHash: BoundedMap<OldUse>;
};

export const createOldUses = (limits: OldIdempotencyLimits): OldUses => ({
  limits,
  maxBytes: limits.maxBytes,
  forgottenAtMs: undefined,
  byHash: new BoundedMap(),
});

export const addOldUse = ({ byHash }: OldUses, use: OldUse): void => {
  byHash.set(use.hash.join(), use);
};

/** Is the key remembered, or is there no room to remember it? Makes room, if it may. */
export function mayNotUse(uses: OldUses, key: string, nowMs: number): boolean {
  const known = uses.byHash.get(hashOf(key).join());
  if (known !== undefined && nowMs - known.atMs < uses.limits.lifetimeMs) return true;
  makeRoom(uses, nowMs);
  return isFull(uses, nowMs);
}

const isOver = ({ byHash, maxBytes }: OldUses): boolean =>
  (byHash.size + 1) * bytesPerUse > maxBytes;

function isFull(uses: OldUses, nowMs: number): boolean {
  const atMs = uses.byHash.oldest()?.atMs;
  return isOver(uses) && (atMs === undefined || nowMs - atMs < uses.limits.promisedMs);
}

function makeRoom(uses: OldUses, nowMs: number): void {
  const { byHash, limits } = uses;
  for (let use = byHash.oldest(); use !== undefined; use = byHash.oldest()) {
    const { atMs } = use;
    const ageMs = nowMs - atMs;
    if (ageMs < limits.lifetimeMs) {
      if (!isOver(uses) || ageMs < limits.promisedMs) return;
      uses.forgottenAtMs = atMs;
    }
    byHash.deleteOldest();
  }
}

/** A page of them, as it stands in snapshots of before: numbers count from those of the page. */
export type OldUsePage = {
  readonly term: number;
  readonly first: number;
  readonly index: number;
  readonly atMs: number;
  readonly from: number;
  readonly count: number;
  /** Words of 32 bits, in base64. */
  readonly records: string;
  readonly names: readonly (readonly [number, string])[];
};

/** Hash of the key (4), of its use (2), id of the batch (4), and, beyond those of the page: */
const words = { key: 0, batch: 6, first: 10, count: 11, index: 12, at: 13, size: 14 };

export function addPage(uses: OldUses, page: OldUsePage): void {
  const bytes = new Uint8Array(Buffer.from(page.records, 'base64'));
  const records = new Uint32Array(bytes.buffer);
  const names = new Map(page.names);
  for (let place = page.from; place < page.count; place += 1) {
    const word = (at: number): number => records[place * words.size + at] ?? 0;
    const first = page.first + word(words.first);
    addOldUse(uses, {
      hash: [word(words.key), word(words.key + 1), word(words.key + 2), word(words.key + 3)],
      placement: {
        batchId: names.get(place) ?? uuidOf([0, 1, 2, 3].map(each => word(words.batch + each))),
        first,
        last: first + word(words.count) - 1,
        term: page.term,
        index: page.index + word(words.index),
      },
      atMs: page.atMs + word(words.at),
    });
  }
}

function uuidOf(parts: readonly number[]): string {
  const digits = parts.map(word => word.toString(16).padStart(8, '0')).join('');
  const ends = [8, 12, 16, 20, 32];
  return ends.map((end, part) => digits.slice(ends[part - 1] ?? 0, end)).join('-');
}
