import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Placement } from '../../src/state-machines/result.ts';
import { UseTable } from '../../src/state-machines/use-table.ts';

type Use = { readonly fingerprint: string; readonly placement: Placement; readonly atMs: number };

/** Compares a table with what was put into it. */
function differences(table: UseTable, expected: ReadonlyMap<string, Use>): string[] {
  const wrong: string[] = [];
  if (table.size !== expected.size) wrong.push(`${table.size} keys, not ${expected.size}`);
  const [oldest] = expected.values();
  if (table.oldestAtMs !== oldest?.atMs) wrong.push(`the oldest is of ${table.oldestAtMs}`);
  for (const [key, { fingerprint, placement, atMs }] of expected) {
    const found = JSON.stringify(table.find(key, fingerprint));
    const right = JSON.stringify({ placement, isSame: true, atMs });
    if (found !== right) wrong.push(`${key}: ${found}, not ${right}`);
    if (table.find(key, `${fingerprint}!`)?.isSame !== false) wrong.push(`${key}: any use is its`);
  }
  return wrong;
}

const step = fc.record({
  isDrop: fc.boolean(),
  isCapture: fc.constantFrom(false, false, false, true),
  count: fc.integer({ min: 1, max: 200 }),
  isUuid: fc.boolean(),
  isNewTerm: fc.boolean(),
  passedMs: fc.constantFrom(0, 7, 2 ** 33),
  skipped: fc.constantFrom(0, 1, 2 ** 34),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A table beside a map of what must be in it. */
class Twins {
  #table = new UseTable();
  readonly #expected = new Map<string, Use>();
  #added = 0;
  #at = { term: 1, index: 0, last: 0, atMs: 1000 };

  run({ isDrop, count, isUuid, isNewTerm, passedMs, skipped }: Step): void {
    const { term, index, last, atMs } = this.#at;
    const isLater = isNewTerm ? 1 : 0;
    this.#at = { term: term + isLater, index: index + skipped, last, atMs: atMs + passedMs };
    for (let turn = 0; turn < count; turn += 1) {
      if (isDrop) this.#drop();
      else this.#add(isUuid);
    }
  }

  /** What is captured does not change with the table. */
  goThroughCapture(): void {
    const pages = this.#table.capture();
    this.#table.add('later', 'use', this.#next('later'), this.#at.atMs);
    this.#table = new UseTable();
    for (const page of pages) this.#table.restore(structuredClone(page));
  }

  differences(): string[] {
    return differences(this.#table, this.#expected);
  }

  #add(isUuid: boolean): void {
    this.#added += 1;
    const number = this.#added;
    const placement = this.#next(isUuid ? randomUUID() : `batch ${number}`);
    const { atMs } = this.#at;
    this.#at = { ...this.#at, index: placement.index, last: placement.last };
    this.#table.add(`key ${number}`, `use ${number}`, placement, atMs);
    this.#expected.set(`key ${number}`, { fingerprint: `use ${number}`, placement, atMs });
  }

  #drop(): void {
    this.#table.dropOldest();
    const [key] = this.#expected.keys();
    if (key !== undefined) this.#expected.delete(key);
  }

  #next(batchId: string): Placement {
    const { term, index, last } = this.#at;
    return { batchId, first: last + 1, last: last + 1 + this.#added, term, index: index + 1 };
  }
}

/** What is wrong with the table; undefined when nothing was found. */
export function checkUseTable(runs: number): string | undefined {
  let wrong: string | undefined;
  const property = fc.property(fc.array(step, { maxLength: 40, size: 'max' }), steps => {
    const twins = new Twins();
    for (const one of steps) {
      twins.run(one);
      if (one.isCapture) twins.goThroughCapture();
    }
    const [difference] = twins.differences();
    wrong = difference ?? wrong;
    return difference === undefined;
  });
  const { failed, errorInstance } = fc.check(property, { numRuns: runs });
  return failed ? (wrong ?? String(errorInstance)) : undefined;
}
