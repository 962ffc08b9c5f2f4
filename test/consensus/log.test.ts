import test from 'ava';
import { createLog, holds, newestWithin, termAt } from '../../src/consensus/log.ts';
import type { LogIndex, Term } from '../../src/consensus/types.ts';
import { at, entriesOf } from './fixtures.ts';

/** Entries 8 to 12 of terms 2 2 2 5 5; the base is the first of them, as after a restart. */
const cutLog = () =>
  createLog({
    base: at(2, 8),
    runs: [
      { term: 2 as Term, firstIndex: 8 as LogIndex },
      { term: 5 as Term, firstIndex: 11 as LogIndex },
    ],
    lastIndex: 12 as LogIndex,
    tail: entriesOf([2, 2, 2, 5, 5], 8),
  });

test('a log that was cut knows its base and what comes after, and nothing else', t => {
  const log = cutLog();
  t.deepEqual(
    [7, 8, 9, 11, 12, 13].map(index => termAt(log, index)),
    [undefined, 2, 2, 5, 5, undefined] as never,
  );
  t.true(holds(log, at(2, 8)));
  t.false(holds(log, at(0, 0)));
  t.deepEqual(
    log.tail.map(({ index }) => Number(index)),
    [9, 10, 11, 12],
  );
});

test('whatever a puller asks for, the newest common position lies in the log', t => {
  const log = cutLog();
  for (let term = 0; term <= 6; term += 1) {
    for (let index = 0; index <= 20; index += 1) {
      const { index: found } = newestWithin(log, at(term, index));
      t.true(found >= 8 && found <= 12, `${term}.${index}`);
    }
  }
  t.deepEqual(newestWithin(log, at(4, 12)), at(2, 10));
  t.deepEqual(newestWithin(log, at(1, 12)), at(2, 8));
});
