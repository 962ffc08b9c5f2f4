import { type ByteString, endOfKey, utf8BytesOf } from '../../src/codec/byte-string.ts';
import type { Draft } from '../../src/machines/draft.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { leases } from '../../src/machines/leases/leases.ts';
import { blindView, plainQuery, Stage } from './stage.ts';

/*
 * What keys cost, each alone: `node --expose-gc dist/test/machines/measure.js [keys]`. Warm by
 * count: every figure is the last of three rounds. To be compared within a run, not between two.
 */

const count = Number(process.argv[2] ?? 200_000);
const { operations, queries } = keys;
/** In an order that is none, so that neighbours in time are none in the tree. */
const nameOf = (number: number): ByteString =>
  utf8BytesOf(`key-${String((number * 7919) % count).padStart(9, '0')}`);
/** A new string each time, as it comes out of a log entry. */
const valueFor = (number: number): ByteString => utf8BytesOf(String(number).padEnd(256, 'v'));

const put = (draft: Draft, number: number, lease?: number): object =>
  operations.put.apply(draft, {
    key: nameOf(number),
    value: valueFor(number),
    type: 'text/plain',
    ttlMs: undefined,
    lease,
    wantsPrevious: false,
  });
const putHot = (draft: Draft): object =>
  operations.add.apply(draft, { key: utf8BytesOf('hot'), by: 1 });
const remove = (draft: Draft, number: number): object =>
  operations.delete.apply(draft, {
    start: nameOf(number),
    end: endOfKey(nameOf(number)),
    wantsPrevious: false,
  });

function microseconds(times: number, run: (number: number) => void): string {
  const beganNs = process.hrtime.bigint();
  for (let number = 0; number < times; number += 1) run(number);
  return (Number(process.hrtime.bigint() - beganNs) / 1000 / times).toFixed(2);
}

function writes(): Record<string, string> {
  const stage = new Stage();
  const one = (number: number): void => void stage.do(draft => put(draft, number));
  const figures = {
    'put of a new key, us': microseconds(count, one),
    'put over a key, us': microseconds(count, one),
    'transaction of 100 puts, us': microseconds(count / 100, number => {
      stage.do(draft => {
        for (let place = 0; place < 100; place += 1) put(draft, 100 * number + place);
        return {};
      });
    }),
    'delete, us': microseconds(count, number => void stage.do(draft => remove(draft, number))),
  };
  return figures;
}

function past(): Record<string, string> {
  const stage = new Stage();
  for (let number = 0; number < 10_000; number += 1) stage.do(putHot);
  const hot = utf8BytesOf('hot');
  const wanted = { ...plainQuery, start: hot, end: endOfKey(hot), limit: 1, revision: 1 };
  const read = (): void => void queries.range.answer?.(stage.keys, wanted, blindView);
  return { 'read of the oldest of 10,000 revisions, us': microseconds(1000, read) };
}

function bulk(): Record<string, string> {
  const stage = new Stage();
  const { lease } = stage.do(draft => leases.operations.grant.apply(draft, { ttlMs: 1000 }));
  for (let number = 0; number < count; number += 1) {
    stage.do(draft => put(draft, number, number < 100_000 ? lease : undefined));
  }
  const end = (): void =>
    void stage.do(draft => leases.operations.revoke.apply(draft, { leases: [lease] }));
  return { 'end of a lease with 100,000 keys, us': microseconds(1, end) };
}

let figures: Record<string, string> = {};
for (let round = 0; round < 3; round += 1) {
  figures = { ...writes(), ...past(), ...bulk() };
  global.gc?.();
}
for (const [what, figure] of Object.entries(figures)) {
  process.stdout.write(`${figure.padStart(12)}  ${what}\n`);
}
