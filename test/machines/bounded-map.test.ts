import test from 'ava';
import { BoundedMap } from '../../src/machines/bounded-map.ts';

test('the oldest goes first; what was replaced counts from then on', t => {
  const map = new BoundedMap<{ n: number }>();
  for (const n of [1, 2, 3]) map.set(`k${n}`, { n });
  map.set('k1', { n: 4 });
  t.is(map.size, 3);
  t.deepEqual(map.oldest(), { n: 2 });
  map.deleteOldest();
  t.is(map.get('k2'), undefined);
  map.deleteOldest();
  t.deepEqual(map.oldest(), { n: 4 });
  map.deleteOldest();
  map.deleteOldest();
  t.is(map.size, 0);
  t.is(map.oldest(), undefined);
});

test('a full map stays full over many insertions', t => {
  const map = new BoundedMap<{ n: number }>();
  for (let n = 0; n < 10_000; n += 1) {
    map.set(`k${n}`, { n });
    if (map.size > 100) map.deleteOldest();
  }
  t.is(map.size, 100);
  t.deepEqual(map.oldest(), { n: 9900 });
});
