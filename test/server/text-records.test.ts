import test from 'ava';
import { findIn, recordChecks } from './kept-records.ts';

for (const check of recordChecks) {
  test(check.what, t => {
    t.deepEqual(findIn(check), check.is);
  });
}
