import { assert } from '../assert.ts';
import { hashOf } from '../machines/frame/text-hash.ts';
import type { Placement } from './result.ts';

/*
 * What idempotency keys were used for, without the keys: a hash of each, a hash of what it was used
 * for, and the place of that. Numbers in arrays, so that a million of them cost 64 MiB and are no
 * objects to a garbage collector; records are written once and never changed, so a capture is a
 * list of the arrays that hold them now.
 */

/** Hash of the key (4), of its use (2), id of the batch (4), and, beyond those of the page: */
const words = { key: 0, use: 4, batch: 6, first: 10, count: 11, index: 12, at: 13, size: 14 };
export const bytesOfRecord = 4 * words.size;
/** A record with its share of the slots that find it, about. */
export const bytesPerUse = 64;

/** One less than fits into its bits, so that no address means an empty slot. */
const pageMaxRecords = 1023;
const placeBits = 10;
const pageNumberMask = 2 ** (32 - placeBits) - 1;
const emptySlot = 0xffffffff;
const shardCount = 256;
const slotsMin = 8;

/** Records that follow each other; numbers in them count from those here. */
export type UsePage = {
  readonly term: number;
  readonly first: number;
  readonly index: number;
  readonly atMs: number;
  /** Records before this one are forgotten. */
  from: number;
  count: number;
  records: Uint32Array;
  /** Ids of batches that are no UUIDs, by the place of their record. */
  readonly names: Map<number, string>;
};

export type Use = {
  readonly placement: Placement;
  readonly isSame: boolean;
  readonly atMs: number;
};

type Shard = { slots: Uint32Array; count: number };

/** In the order of the log, and so by age. */
export class UseTable {
  /** Numbers of pages count on; the first that is kept has this one. */
  #firstPage = 0;
  readonly #pages: UsePage[] = [];
  readonly #shards: (Shard | undefined)[] = Array.from({ length: shardCount });
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** When the oldest one was used. */
  get oldestAtMs(): number | undefined {
    const [page] = this.#pages;
    return page === undefined ? undefined : page.atMs + wordOf(page, page.from, words.at);
  }

  /** What the key was used for, and whether that is what `fingerprint` stands for. */
  find(key: string, fingerprint: string): Use | undefined {
    const hash = hashOf(key);
    const shard = this.#shards[hash[0] % shardCount];
    if (shard === undefined) return undefined;
    const mask = shard.slots.length - 1;
    for (let slot = hash[1] & mask; ; slot = (slot + 1) & mask) {
      const address = shard.slots[slot] ?? emptySlot;
      if (address === emptySlot) return undefined;
      const { page, place } = this.#at(address);
      if (isOfKey(page, place, hash)) return useAt(page, place, fingerprint);
    }
  }

  /** Adds the use of a key that is not there. */
  add(key: string, fingerprint: string, placement: Placement, atMs: number): void {
    const page = this.#pageFor(placement, atMs);
    const place = page.count;
    if (place * words.size === page.records.length) grow(page);
    page.count += 1;
    const { first, last, index, batchId } = placement;
    const { records } = page;
    const at = place * words.size;
    // Word by word: to set many from a list takes as long as all the rest.
    const [key1, key2, key3, key4] = hashOf(key);
    records[at + words.key] = key1;
    records[at + words.key + 1] = key2;
    records[at + words.key + 2] = key3;
    records[at + words.key + 3] = key4;
    const [use1, use2] = hashOf(fingerprint);
    records[at + words.use] = use1;
    records[at + words.use + 1] = use2;
    if (!writeUuid(records, at + words.batch, batchId)) page.names.set(place, batchId);
    records[at + words.first] = first - page.first;
    records[at + words.count] = last - first + 1;
    records[at + words.index] = index - page.index;
    records[at + words.at] = atMs - page.atMs;
    this.#enter(this.#firstPage + this.#pages.length - 1, place);
  }

  dropOldest(): void {
    const [page] = this.#pages;
    if (page === undefined) return;
    this.#leave(page);
    page.names.delete(page.from);
    page.from += 1;
    if (page.from < page.count) return;
    this.#pages.shift();
    this.#firstPage += 1;
  }

  /** The pages as they are now; what is added later, or forgotten, does not change them. */
  capture(): readonly UsePage[] {
    return this.#pages.map(page => ({ ...page, names: new Map(page.names) }));
  }

  /** Adds a page of a capture, after those that are here. */
  restore(page: UsePage): void {
    this.#pages.push(page);
    const number = this.#firstPage + this.#pages.length - 1;
    for (let place = page.from; place < page.count; place += 1) this.#enter(number, place);
  }

  #at(address: number): { readonly page: UsePage; readonly place: number } {
    const number = ((address >>> placeBits) - this.#firstPage) & pageNumberMask;
    const page = this.#pages[number];
    assert(page !== undefined, 'a slot leads to a record that is kept');
    return { page, place: address & pageMaxRecords };
  }

  /** The last page, if the numbers of the record can be told from its own. */
  #pageFor({ term, first, index }: Placement, atMs: number): UsePage {
    const last = this.#pages.at(-1);
    const fits = (number: number): boolean => number >= 0 && number < emptySlot;
    if (
      last !== undefined &&
      last.count < pageMaxRecords &&
      last.term === term &&
      fits(first - last.first) &&
      fits(index - last.index) &&
      fits(atMs - last.atMs)
    ) {
      return last;
    }
    const records = new Uint32Array(slotsMin * words.size);
    const page = { term, first, index, atMs, from: 0, count: 0, records, names: new Map() };
    this.#pages.push(page);
    return page;
  }

  #enter(pageNumber: number, place: number): void {
    this.#size += 1;
    const address = addressOf(pageNumber, place);
    const { page } = this.#at(address);
    const number = wordOf(page, place, words.key) % shardCount;
    const shard = this.#shards[number] ?? { slots: slotsFor(slotsMin), count: 0 };
    this.#shards[number] = shard;
    shard.count += 1;
    if (shard.count > 0.7 * shard.slots.length) this.#rehash(shard);
    this.#put(shard.slots, address);
  }

  #rehash(shard: Shard): void {
    const slots = slotsFor(2 * shard.slots.length);
    for (const address of shard.slots) if (address !== emptySlot) this.#put(slots, address);
    shard.slots = slots;
  }

  #put(slots: Uint32Array, address: number): void {
    let slot = this.#homeOf(address) & (slots.length - 1);
    while (slots[slot] !== emptySlot) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = address;
  }

  #homeOf(address: number): number {
    const { page, place } = this.#at(address);
    return wordOf(page, place, words.key + 1);
  }

  /** Empties the slot of the oldest record, and closes the gap for those that had to go past it. */
  #leave(page: UsePage): void {
    const shard = this.#shards[wordOf(page, page.from, words.key) % shardCount];
    assert(shard !== undefined, 'every record has a slot');
    const { slots } = shard;
    const mask = slots.length - 1;
    const address = addressOf(this.#firstPage, page.from);
    let gap = this.#homeOf(address) & mask;
    while (slots[gap] !== address) gap = (gap + 1) & mask;
    for (let slot = (gap + 1) & mask; ; slot = (slot + 1) & mask) {
      const next = slots[slot] ?? emptySlot;
      if (next === emptySlot) break;
      const home = this.#homeOf(next) & mask;
      // It stays where it is if the way from its home to it does not lead over the gap.
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = next;
      gap = slot;
    }
    slots[gap] = emptySlot;
    shard.count -= 1;
    this.#size -= 1;
  }
}

const slotsFor = (count: number): Uint32Array => new Uint32Array(count).fill(emptySlot);

const addressOf = (pageNumber: number, place: number): number =>
  (((pageNumber & pageNumberMask) << placeBits) | place) >>> 0;

const wordOf = (page: UsePage, place: number, word: number): number =>
  page.records[place * words.size + word] ?? 0;

const isOfKey = (page: UsePage, place: number, hash: ReturnType<typeof hashOf>): boolean =>
  wordOf(page, place, words.key) === hash[0] &&
  wordOf(page, place, words.key + 1) === hash[1] &&
  wordOf(page, place, words.key + 2) === hash[2] &&
  wordOf(page, place, words.key + 3) === hash[3];

function grow(page: UsePage): void {
  const countMax = Math.min(pageMaxRecords, 2 * page.count);
  const records = new Uint32Array(countMax * words.size);
  records.set(page.records);
  page.records = records;
}

function useAt(page: UsePage, place: number, fingerprint: string): Use {
  const number = (word: number): number => wordOf(page, place, word);
  const [hash1, hash2] = hashOf(fingerprint);
  const first = page.first + number(words.first);
  const placement = {
    batchId: page.names.get(place) ?? uuidOf(page, place),
    first,
    last: first + number(words.count) - 1,
    term: page.term,
    index: page.index + number(words.index),
  };
  const isSame = hash1 === number(words.use) && hash2 === number(words.use + 1);
  return { placement, isSame, atMs: page.atMs + number(words.at) };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Writes the four words of a UUID; false when the text is none. */
function writeUuid(record: Uint32Array, at: number, text: string): boolean {
  if (!uuid.test(text)) return false;
  const group = (from: number, to: number): number => Number.parseInt(text.slice(from, to), 16);
  record[at] = group(0, 8);
  record[at + 1] = group(9, 13) * 0x10000 + group(14, 18);
  record[at + 2] = group(19, 23) * 0x10000 + group(24, 28);
  record[at + 3] = group(28, 36);
  return true;
}

function uuidOf(page: UsePage, place: number): string {
  const digits = [0, 1, 2, 3]
    .map(word =>
      wordOf(page, place, words.batch + word)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  const ends = [8, 12, 16, 20, 32];
  return ends.map((end, part) => digits.slice(ends[part - 1] ?? 0, end)).join('-');
}
