import test from 'ava';
import { checkMachines } from './machines-check.ts';

test('the state machines answer and show what naive ones do, now, in the past, after snapshots', t => {
  t.is(checkMachines(200), undefined);
});
