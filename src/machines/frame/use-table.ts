import { assert } from '../../assert.ts';
import { hashOf } from './text-hash.ts';

/*
 * What idempotency keys were used for, without the keys: a hash of each, a hash of what it was used
 * for, where that took effect and what was answered. Numbers in arrays and answers in one piece of
 * bytes per page, so that a million of them are no objects to a garbage collector; what is written
 * is never changed, so a capture is a list of the arrays that hold them now.
 */

/** Hash of the key (4), of its use (2), place of the answer, and, beyond those of the page: */
const words = { key: 0, use: 4, answer: 6, answerBytes: 7, index: 8, at: 9, size: 10 };
export const bytesOfRecord = 4 * words.size;
/** A record with its share of the slots that find it, about; its answer comes to it. */
export const bytesPerUse = 50;

/** One less than fits into its bits, so that no address means an empty slot. */
const pageMaxRecords = 1023;
const placeBits = 10;
const pageNumberMask = 2 ** (32 - placeBits) - 1;
const emptySlot = 0xffffffff;
const shardCount = 256;
const slotsMin = 8;
const answersMinBytes = 256;
/**
 * A page takes no more behind so many bytes of answers. They lie in it until it goes as a whole: a
 * thousand of 64 KiB would stay in memory until the last of them may be forgotten, and be a record
 * of 64 MB in a snapshot.
 */
const answersPerPageMaxBytes = 64 * 1024;

/** Records that follow each other; numbers in them count from those here. */
export type UsePage = {
  readonly term: number;
  readonly index: number;
  readonly atMs: number;
  /** Records before this one are forgotten. */
  from: number;
  count: number;
  records: Uint32Array;
  answers: Uint8Array;
  answersBytes: number;
};

/** Where a request took effect, and the answer to it as it was put into bytes. */
export type UseRecord = {
  readonly term: number;
  readonly index: number;
  readonly atMs: number;
  readonly answer: Uint8Array;
};
export type Use = UseRecord & {
  /** Of the request that is asked about. */
  readonly isSame: boolean;
};

type Hash = ReturnType<typeof hashOf>;
type Shard = { slots: Uint32Array; count: number };

/** In the order of the log, and so by age. */
export class UseTable {
  /** Numbers of pages count on; the first that is kept has this one. */
  #firstPage = 0;
  readonly #pages: UsePage[] = [];
  readonly #shards: (Shard | undefined)[] = Array.from({ length: shardCount });
  #size = 0;
  #answersBytes = 0;

  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#size * bytesPerUse + this.#answersBytes;
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
  add(key: string, fingerprint: string, use: UseRecord): void {
    const [use1, use2] = hashOf(fingerprint);
    this.addHashed(hashOf(key), [use1, use2], use);
  }

  /** The same, where no more is known of them than their hashes. */
  addHashed(key: Hash, usedFor: readonly [number, number], use: UseRecord): void {
    const page = this.#pageFor(use);
    const place = page.count;
    if (place * words.size === page.records.length) grow(page);
    page.count += 1;
    const { records } = page;
    const at = place * words.size;
    // Word by word: to set many from a list takes as long as all the rest.
    const [key1, key2, key3, key4] = key;
    records[at + words.key] = key1;
    records[at + words.key + 1] = key2;
    records[at + words.key + 2] = key3;
    records[at + words.key + 3] = key4;
    const [use1, use2] = usedFor;
    records[at + words.use] = use1;
    records[at + words.use + 1] = use2;
    records[at + words.answer] = page.answersBytes;
    records[at + words.answerBytes] = use.answer.length;
    records[at + words.index] = use.index - page.index;
    records[at + words.at] = use.atMs - page.atMs;
    addAnswer(page, use.answer);
    this.#answersBytes += use.answer.length;
    this.#enter(this.#firstPage + this.#pages.length - 1, place);
  }

  dropOldest(): void {
    const [page] = this.#pages;
    if (page === undefined) return;
    this.#leave(page);
    this.#answersBytes -= wordOf(page, page.from, words.answerBytes);
    page.from += 1;
    if (page.from < page.count) return;
    this.#pages.shift();
    this.#firstPage += 1;
  }

  /** The pages as they are now; what is added later, or forgotten, does not change them. */
  capture(): readonly UsePage[] {
    return this.#pages.map(page => ({ ...page }));
  }

  /** Adds a page of a capture, after those that are here. */
  restore(page: UsePage): void {
    this.#pages.push(page);
    this.#answersBytes += page.answersBytes - wordOf(page, page.from, words.answer);
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
  #pageFor({ term, index, atMs }: UseRecord): UsePage {
    const last = this.#pages.at(-1);
    const fits = (number: number): boolean => number >= 0 && number < emptySlot;
    if (
      last !== undefined &&
      last.count < pageMaxRecords &&
      last.answersBytes < answersPerPageMaxBytes &&
      last.term === term &&
      fits(index - last.index) &&
      fits(atMs - last.atMs)
    ) {
      return last;
    }
    const page = {
      ...{ term, index, atMs, from: 0, count: 0 },
      records: new Uint32Array(slotsMin * words.size),
      ...{ answers: new Uint8Array(answersMinBytes), answersBytes: 0 },
    };
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

const isOfKey = (page: UsePage, place: number, hash: Hash): boolean =>
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

/** Into new bytes where they must grow: a capture may still hold the old ones. */
function addAnswer(page: UsePage, answer: Uint8Array): void {
  const neededBytes = page.answersBytes + answer.length;
  if (neededBytes > page.answers.length) {
    const larger = new Uint8Array(Math.max(neededBytes, 2 * page.answers.length));
    larger.set(page.answers);
    page.answers = larger;
  }
  page.answers.set(answer, page.answersBytes);
  page.answersBytes = neededBytes;
}

function useAt(page: UsePage, place: number, fingerprint: string): Use {
  const number = (word: number): number => wordOf(page, place, word);
  const [hash1, hash2] = hashOf(fingerprint);
  // Of a use of which nothing is known; nothing else has this hash but the empty text.
  const isAny = number(words.use) === 0 && number(words.use + 1) === 0;
  const start = number(words.answer);
  return {
    term: page.term,
    index: page.index + number(words.index),
    atMs: page.atMs + number(words.at),
    answer: page.answers.subarray(start, start + number(words.answerBytes)),
    isSame: isAny || (hash1 === number(words.use) && hash2 === number(words.use + 1)),
  };
}
