import test from 'ava';
import { type ByteString, endOfKey, utf8BytesOf } from '../../src/codec/byte-string.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { lockKey } from '../../src/machines/keys/reserved.ts';
import { leases } from '../../src/machines/leases/leases.ts';
import { blindView, Stage } from './stage.ts';

const { operations, queries, changes } = keys;

/** A stage on which there is one lock. */
class Door extends Stage {
  acquire(holder: string, ttlMs = 1000, waits = false) {
    const asked = { lock: 'l', holder, ttlMs, lease: undefined, waits };
    return this.run(draft => operations.acquire.apply(draft, asked));
  }

  tokenFor(holder: string, ttlMs = 1000): number {
    const answer = this.acquire(holder, ttlMs);
    return typeof answer === 'string' ? -1 : (answer.token ?? -1);
  }

  release(token: number) {
    return this.run(draft => operations.release.apply(draft, { lock: 'l', token }));
  }

  revoke(lease: number): void {
    this.do(draft => leases.operations.revoke.apply(draft, { leases: [lease] }));
  }

  get held() {
    return queries.lock.answer?.(this.keys, { lock: 'l', limit: 10 }, blindView);
  }

  leaseOf(holder: string): number {
    const line = [this.held?.found, ...(this.held?.waiters ?? [])];
    return line.find(one => one?.holder === holder)?.lease ?? 0;
  }
}

test('a lock has one holder, and tokens only grow', t => {
  const door = new Door();
  const first = door.tokenFor('x');
  t.is(door.tokenFor('x'), first);
  t.is(door.acquire('y'), 'lockHeld');
  door.revoke(door.leaseOf('x'));
  const second = door.tokenFor('y');
  t.true(second > first);
  t.is(door.release(first), 'staleToken');
  t.is(
    door.run(draft => operations.guard.apply(draft, { lock: 'l', token: first })),
    'staleToken',
  );
  const holds = (token: number) =>
    door.run(draft => keys.conditions.token.holds(draft, { lock: 'l', token }));
  t.deepEqual([holds(first), holds(second)], [false, true]);
  t.not(door.release(second), 'staleToken');
  t.is(door.held?.found, undefined);
  t.is(door.leases.granted.size, 0);
});

test('a holder that repeats its acquire never shortens its lock', t => {
  const door = new Door();
  door.acquire('x', 1000);
  const lease = door.leaseOf('x');
  t.like(door.acquire('x', 50), { lease, ttlMs: 1000 });
  t.like(door.acquire('x', 2000), { lease, ttlMs: 2000 });
  t.is(door.held?.found?.revision, 1);
});

test('who waits gets the lock in the change set in which it becomes free, in the order of coming', t => {
  const door = new Door();
  const first = door.tokenFor('a');
  t.like(door.acquire('b', 500, true), { token: undefined, ahead: 0 });
  t.like(door.acquire('c', 500, true), { token: undefined, ahead: 1 });
  t.like(door.acquire('b', 500, true), { ahead: 0 });
  t.is(door.held?.found?.waiting, 2);
  const before = changes.place(door.keys);
  door.release(first);
  t.like(door.held?.found, { holder: 'b', revision: before + 1, waiting: 1 });
  // The lease of the holder ends, and with it that of the next in line.
  const over = [door.leaseOf('b'), door.leaseOf('c')];
  door.acquire('d', 500, true);
  door.do(draft => leases.operations.revoke.apply(draft, { leases: over }));
  t.like(door.held?.found, { holder: 'd', revision: changes.place(door.keys), waiting: 0 });
  t.true((door.held?.found?.token ?? 0) > first);
});

test('who gives up its place in the line does not get the lock', t => {
  const door = new Door();
  const first = door.tokenFor('a');
  const waiting = door.acquire('b', 500, true);
  const ticket = typeof waiting === 'string' ? -1 : (waiting.ticket ?? -1);
  const leave = () => door.do(draft => operations.leave.apply(draft, { lock: 'l', ticket }));
  t.like(leave(), { hasLeft: true });
  t.like(leave(), { hasLeft: false });
  door.release(first);
  t.is(door.held?.found, undefined);
  t.is(door.leases.granted.size, 0);
});

test('what a lock becomes is told to whoever watches its key, and to nobody else', t => {
  const door = new Door();
  const first = door.tokenFor('a');
  door.acquire('b', 500, true);
  door.release(first);
  const told = (range: { start: ByteString; end: ByteString }) =>
    changes.after(
      door.keys,
      { place: 0, maxBytes: 1000 },
      { ...range, puts: true, deletes: true, withPrevious: false },
      blindView,
    ).changes;
  const key = lockKey('l');
  t.deepEqual(
    told({ start: key, end: endOfKey(key) }).map(({ item }) => item?.value),
    ['a', 'b'].map(utf8BytesOf),
  );
  t.deepEqual(told({ start: '' as ByteString, end: '' as ByteString }), []);
});

test('locks are listed by name, page by page', t => {
  const door = new Door();
  for (const lock of ['b', 'a', 'a\0', 'ä']) {
    const asked = { lock, holder: 'x', ttlMs: 10, lease: undefined, waits: false };
    door.do(draft => operations.acquire.apply(draft, asked));
  }
  const page = (start: string) =>
    queries.locks.answer?.(door.keys, { start, limit: 3 }, blindView) ?? { locks: [], next: '' };
  t.deepEqual(
    page('').locks.map(({ name }) => name),
    ['a', 'a\0', 'b'],
  );
  t.like(page(''), { next: 'ä', count: 4 });
  t.deepEqual(
    page('ä').locks.map(({ name }) => name),
    ['ä'],
  );
});
