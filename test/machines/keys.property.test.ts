import test from 'ava';
import { checkForgetting } from './forgetting.ts';
import { checkAborts, checkBytes, checkKeys, checkRestores, checkSteps } from './key-runs.ts';

test('keys, locks and leases answer and show what naive ones do, now and in the past', t => {
  t.is(checkKeys(300), undefined);
});

test('a transaction that is aborted at its end leaves nothing behind', t => {
  t.is(checkAborts(100), undefined);
});

test('what was captured and restored goes on as if nothing had happened', t => {
  t.is(checkRestores(100), undefined);
});

test('operations and answers are read as they were written, and what is damaged is refused', t => {
  t.is(checkBytes(50), undefined);
});

test('the oldest of 10,000 revisions of a key is found in a few dozen steps', t => {
  t.is(checkSteps(10_000, 100), undefined);
});

test('wherever the past of a key is cut that comes and goes, the rest of it stays', t => {
  t.is(checkForgetting(), undefined);
});
