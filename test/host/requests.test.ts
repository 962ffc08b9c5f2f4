import test from 'ava';
import type { Entry } from '../../src/consensus/types.ts';
import { Requests } from '../../src/host/requests.ts';

test('who unsubscribes twice takes nobody along who has subscribed since', t => {
  const requests = new Requests({} as never, { after: () => () => undefined });
  const told: string[] = [];
  const subscribe = (name: string) =>
    requests.subscribe(7, { acknowledged: () => told.push(name), ended: () => undefined });
  const unsubscribe = subscribe('first');
  unsubscribe();
  subscribe('second');
  unsubscribe();
  const result = { type: 'keyReused' } as const;
  const outcome = { session: 7, sequence: 1, result, hadEffect: false };
  requests.applied({ index: 101, term: 1 } as Entry, [outcome]);
  t.deepEqual(told, ['second']);
});
