import test from 'ava';
import { told, toldLeaderships } from './told-leadership.ts';

for (const { what, events, sentences } of toldLeaderships) {
  test(what, t => {
    t.deepEqual(told(events), sentences);
  });
}
