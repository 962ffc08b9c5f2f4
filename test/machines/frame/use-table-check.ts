import fc from 'fast-check';
import { UseTable } from '../../../src/machines/frame/use-table.ts';

type Use = {
  readonly fingerprint: string;
  readonly term: number;
  readonly index: number;
  readonly atMs: number;
  readonly answer: string;
};

/** Compares a table with what was put into it. */
function differences(table: UseTable, expected: ReadonlyMap<string, Use>): string[] {
  const wrong: string[] = [];
  if (table.size !== expected.size) wrong.push(`${table.size} keys, not ${expected.size}`);
  const [oldest] = expected.values();
  if (table.oldestAtMs !== oldest?.atMs) wrong.push(`the oldest is of ${table.oldestAtMs}`);
  for (const [key, { fingerprint, ...use }] of expected) {
    const { answer, ...found } = table.find(key, fingerprint) ?? {};
    const text = JSON.stringify({ ...found, answer: Buffer.from(answer ?? []).toString() });
    const { answer: said, ...place } = use;
    const right = JSON.stringify({ ...place, isSame: true, answer: said });
    if (text !== right) wrong.push(`${key}: ${text}, not ${right}`);
    if (table.find(key, `${fingerprint}!`)?.isSame !== false) wrong.push(`${key}: any use is its`);
  }
  return wrong;
}

const step = fc.record({
  isDrop: fc.boolean(),
  isCapture: fc.constantFrom(false, false, false, true),
  count: fc.integer({ min: 1, max: 200 }),
  answerBytes: fc.constantFrom(0, 10, 10, 40, 5000),
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
  #at = { term: 1, index: 0, atMs: 1000 };

  run({ isDrop, count, answerBytes, isNewTerm, passedMs, skipped }: Step): void {
    const { term, index, atMs } = this.#at;
    const isLater = isNewTerm ? 1 : 0;
    this.#at = { term: term + isLater, index: index + skipped, atMs: atMs + passedMs };
    for (let turn = 0; turn < count; turn += 1) {
      if (isDrop) this.#drop();
      else this.#add(answerBytes);
    }
  }

  /** What is captured does not change with the table. */
  goThroughCapture(): void {
    const pages = this.#table.capture();
    this.#table.add('later', 'use', { ...this.#at, answer: Buffer.from('later') });
    this.#table = new UseTable();
    for (const page of pages) this.#table.restore(structuredClone(page));
  }

  differences(): string[] {
    return differences(this.#table, this.#expected);
  }

  #add(answerBytes: number): void {
    this.#added += 1;
    const number = this.#added;
    this.#at = { ...this.#at, index: this.#at.index + 1 };
    const answer = String(number).padEnd(answerBytes, '.');
    const use = { ...this.#at, answer: Buffer.from(answer) };
    this.#table.add(`key ${number}`, `use ${number}`, use);
    this.#expected.set(`key ${number}`, { fingerprint: `use ${number}`, ...use, answer });
  }

  #drop(): void {
    this.#table.dropOldest();
    const [key] = this.#expected.keys();
    if (key !== undefined) this.#expected.delete(key);
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
