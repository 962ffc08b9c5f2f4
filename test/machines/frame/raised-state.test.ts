import test from 'ava';
import { floorBeyond, raisedState } from '../../../src/machines/frame/raised-state.ts';
import { QueryRefused } from '../../../src/machines/machine.ts';
import type { Answer } from '../../../src/machines/machines.ts';
import { changesAfter, placeOf } from '../../../src/machines/query.ts';
import { acquire, add, LogOn, put, recordsOf, restored } from './log-on.ts';

const view = { nowMs: 0, leaseRemainingMs: () => undefined };
const all = {
  start: '' as never,
  end: '' as never,
  puts: true,
  deletes: true,
  withPrevious: false,
};
const tokenOf = (answers: readonly Answer[], place: number): number =>
  Number((answers[place] as { readonly token?: number }).token);

test('a restored state gives out nothing that the old one has given out or may yet give out', t => {
  const old = new LogOn();
  old.open();
  const [, held] = [null, old.do(put('a', '1'), acquire('held', 'x'), acquire('left', 'y'))];
  const backup = recordsOf(old.state);
  // The old cluster goes on, and the watcher and the holders of tokens live with what it says.
  t.like(old.do(put('a', '2')), [{ revision: 2 }]);

  const floor = floorBeyond(2);
  const log = new LogOn(raisedState(restored(backup, old.state), floor));
  t.is(log.state.appliedIndex, floor);
  const [lost] = log.entry([{ sequence: 9, transaction: { success: [put('a', '3')] } }], {
    session: 1,
  });
  t.deepEqual(lost?.result, { type: 'sessionExpired' });
  t.is(log.open(), floor + 2);

  const answers = log.do(put('a', '4'), acquire('left', 'y'), acquire('new', 'z'));
  t.like(answers, [{ revision: floor + 1, item: { version: 2, createRevision: 1 } }]);
  // What was held is still held under its token, to be given up with it; who comes next has more.
  t.is(tokenOf(answers, 1), tokenOf(held, 2));
  t.true(tokenOf(answers, 2) > floor);
  t.like(log.transact({ success: [acquire('held', 'z')] }), { reason: 'lockHeld' });

  for (const place of [1, 2, floor - 1]) {
    const from = { place, maxBytes: 1000 };
    const error = t.throws(() => changesAfter(log.state.states, 'keys', from, all, view), {
      instanceOf: QueryRefused,
    });
    t.is(error?.reason, 'forgotten', `after ${place}`);
  }
  t.is(placeOf(log.state.states, 'keys'), floor + 1);
  const told = changesAfter(log.state.states, 'keys', { place: floor, maxBytes: 1000 }, all, view);
  t.is(told.changes.filter(({ key }) => (key as string) === 'a').length, 1);
});

test('a raised state goes through a snapshot as it is', t => {
  const log = new LogOn();
  log.open();
  log.do(put('a', '1'), acquire('l', 'x'));
  log.transact({ success: [add('n', 1)] }, { key: 'order', fingerprint: 'f' });
  log.state = raisedState(log.state, floorBeyond(log.state.appliedIndex));
  const before = recordsOf(log.state);
  log.restart();
  t.deepEqual(recordsOf(log.state), before);
  log.open();
  const again = log.transact({ success: [add('n', 1)] }, { key: 'order', fingerprint: 'f' });
  t.like(again, { type: 'remembered', isReplay: true, index: 3 });
});

test('a floor is one to two steps beyond the backup, also after many restores', t => {
  let index = 0;
  for (let restores = 0; restores < 4000; restores += 1) {
    const floor = floorBeyond(index);
    t.true(floor - index >= 1e12 && floor - index <= 2e12 && floor % 1e12 === 0);
    index = floor + restores;
  }
  t.true(Number.isSafeInteger(index));
});
