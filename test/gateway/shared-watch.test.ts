import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { endOfPrefix, utf8BytesOf } from '../../src/codec/byte-string.ts';
import { ClusterError } from '../../src/errors/cluster-error.ts';
import {
  type OpenWatch,
  SharedWatch,
  type WatchReader,
  type WatchSubject,
} from '../../src/gateway/shared-watch.ts';
import { type KeyChange, keyWords } from '../../src/gateway/watch-words.ts';
import { until } from '../fixtures/until.ts';
import { checkWords } from './words-check.ts';

/* Many readers of one watch: over a history that is at hand, with readers of every kind. */

const changeOf = (revision: number, bytes: number): KeyChange => ({
  key: utf8BytesOf(`k${revision}`),
  revision,
  item: {
    key: utf8BytesOf(`k${revision}`),
    value: utf8BytesOf('x'.repeat(bytes)),
    type: 'text/plain',
    bytes,
    version: 1,
    createRevision: revision,
    modRevision: revision,
    lease: undefined,
    ttlMs: undefined,
    token: undefined,
  },
  previous: undefined,
});

const prefix = utf8BytesOf('k');
const subject: WatchSubject = {
  filter: {
    start: prefix,
    end: endOfPrefix(prefix),
    puts: true,
    deletes: true,
    withPrevious: false,
  },
  words: keyWords({ withPrevious: false }),
};

/** The cluster: whoever watches is told of everything behind its place. */
class History {
  readonly #valueBytes: number;
  #newest = 0;
  readonly #watches = new Set<{ through: number; isPaused: boolean; push: () => void }>();
  openedCount = 0;

  constructor(valueBytes = 10) {
    this.#valueBytes = valueBytes;
  }

  get watchCount(): number {
    return this.#watches.size;
  }

  readonly open: OpenWatch = ({ after, onChanges }) => {
    this.openedCount += 1;
    const watch = { through: after, isPaused: false, push: (): void => undefined };
    watch.push = () => {
      // A few revisions at a time, as they come over the wire.
      while (!watch.isPaused && this.#watches.has(watch) && watch.through < this.#newest) {
        const first = watch.through + 1;
        watch.through = Math.min(this.#newest, watch.through + 3);
        const revisions = Array.from(
          { length: watch.through - first + 1 },
          (_, place) => first + place,
        );
        // Every second change of a revision has a neighbour in it; every fifth is none of ours.
        const changes = revisions
          .filter(revision => revision % 5 !== 0)
          .flatMap(revision =>
            Array.from({ length: 1 + (revision % 2) }, () => changeOf(revision, this.#valueBytes)),
          );
        onChanges(changes, watch.through);
      }
    };
    this.#watches.add(watch);
    setImmediate(watch.push);
    return {
      close: () => this.#watches.delete(watch),
      pause: () => {
        watch.isPaused = true;
      },
      resume: () => {
        watch.isPaused = false;
        watch.push();
      },
    };
  };

  moveOn(revisions: number): void {
    this.#newest += revisions;
    for (const watch of [...this.#watches]) watch.push();
  }
}

class Reader implements WatchReader {
  seen: number;
  readonly start: number;
  ended: string | undefined;
  backlogBytes = 0;
  /** It takes nothing from its connection. */
  isStuck = false;
  readonly chunks: Buffer[] = [];
  readonly #drained: (() => void)[] = [];

  constructor(start: number) {
    this.seen = start;
    this.start = start;
  }

  write(bytes: Buffer): void {
    this.chunks.push(bytes);
    if (this.isStuck) this.backlogBytes += bytes.length;
  }

  end(code: string): void {
    this.ended = code;
  }

  onceDrained(run: () => void): void {
    this.#drained.push(run);
  }

  drain(): void {
    this.backlogBytes = 0;
    for (const run of this.#drained.splice(0)) run();
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  /** The revisions of the events that it was told. */
  get revisions(): number[] {
    return [...this.text.matchAll(/"revision":(\d+)\}/g)].map(([, number]) => Number(number));
  }
}

/** What a reader from that place must be told, in this order. */
const expectedOf = (start: number, through: number): number[] =>
  Array.from({ length: through - start }, (_, place) => start + 1 + place)
    .filter(revision => revision % 5 !== 0)
    .flatMap(revision => Array.from({ length: 1 + (revision % 2) }, () => revision));

const shared = (history: History, after: number, onOver = (): void => undefined): SharedWatch =>
  new SharedWatch({ open: history.open, subject, after, onOver });

test('every reader is told everything behind its place, in order, once, by one watch', async t => {
  const history = new History();
  history.moveOn(20);
  const watch = shared(history, 20);
  const readers: Reader[] = [];
  let newest = 20;
  for (let step = 0; step < 60; step += 1) {
    // From long before it began, from within what is kept, from now, and from ahead of us.
    const start = [0, Math.max(0, newest - 7), newest, newest + 4][step % 4] ?? 0;
    const reader = new Reader(start);
    readers.push(reader);
    watch.join(reader);
    history.moveOn(1 + (step % 4));
    newest += 1 + (step % 4);
    if (step % 3 === 0) await turn();
  }
  history.moveOn(10);
  newest += 10;
  await until('all have seen everything', () => readers.every(({ seen }) => seen >= newest));
  for (const reader of readers) {
    t.deepEqual(reader.revisions, expectedOf(reader.start, newest), `from ${reader.start}`);
    t.is(reader.ended, undefined);
  }
  t.is(history.watchCount, 1, 'those who were behind have caught up');
  t.is(watch.upstreamCount, 1);
});

test('the id of an event is the last revision that was told whole', async t => {
  const history = new History();
  const watch = shared(history, 0);
  const reader = new Reader(0);
  watch.join(reader);
  history.moveOn(4);
  await until('it is told', () => reader.seen === 4);
  const ids = [...reader.text.matchAll(/^id:(\d+)$/gm)].map(([, id]) => Number(id));
  // Revisions 1 and 3 have two changes each: the first of them does not count as seen.
  t.deepEqual(ids, [0, 1, 2, 2, 3, 4]);
});

test('of what one has seen in part, the rest is told, and no id promises too much', t => {
  t.is(checkWords(), undefined);
});

test('when the last reader goes, the watch of the cluster goes, too', async t => {
  const history = new History();
  let isOver = false;
  const watch = shared(history, 0, () => {
    isOver = true;
  });
  const readers = [new Reader(0), new Reader(0)];
  for (const reader of readers) watch.join(reader);
  for (const reader of readers) {
    t.false(isOver);
    watch.leave(reader);
  }
  t.true(isOver);
  t.is(history.watchCount, 0);
});

test('bytes are the same for all readers, and what is kept is bounded', async t => {
  const history = new History(100_000);
  const watch = shared(history, 0);
  const readers = Array.from({ length: 200 }, () => new Reader(0));
  for (const reader of readers) watch.join(reader);
  for (let step = 0; step < 40; step += 1) {
    history.moveOn(3);
    await turn();
  }
  await until('all are told', () => readers.every(({ seen }) => seen === 120));
  const [first, ...others] = readers;
  for (const other of others) {
    t.true(other.chunks.every((chunk, place) => chunk.buffer === first?.chunks[place]?.buffer));
  }
  // Who comes back from behind what is kept is served by a watch of its own.
  const opened = history.openedCount;
  const recent = new Reader(118);
  watch.join(recent);
  t.is(recent.seen, 120);
  t.is(history.openedCount, opened);
  const old = new Reader(3);
  watch.join(old);
  t.is(history.openedCount, opened + 1);
  await until('it catches up', () => old.seen === 120);
});

test('a reader that does not read is ended as lagging, and holds up nobody', async t => {
  const history = new History(200_000);
  const watch = shared(history, 0);
  const stuck = new Reader(0);
  stuck.isStuck = true;
  const fine = new Reader(0);
  watch.join(stuck);
  watch.join(fine);
  for (let step = 0; step < 30; step += 1) {
    history.moveOn(3);
    await turn();
  }
  await until('the other one is told everything', () => fine.seen === 90);
  t.is(stuck.ended, 'lagging');
  t.is(fine.ended, undefined);
  t.true(stuck.backlogBytes < 8 * 1024 * 1024, `${stuck.backlogBytes} bytes`);
});

test('who catches up slowly is waited for: the cluster sends no more than it takes', async t => {
  const history = new History(200_000);
  history.moveOn(300);
  const watch = shared(history, 300);
  const slow = new Reader(0);
  slow.isStuck = true;
  watch.join(slow);
  for (let drains = 0; slow.seen < 300; drains += 1) {
    await turn();
    t.true(slow.backlogBytes < 8 * 1024 * 1024, `${slow.backlogBytes} bytes`);
    slow.drain();
    t.true(drains < 1000);
  }
  t.is(slow.ended, undefined);
  t.deepEqual(slow.revisions, expectedOf(0, 300));
});

test('who has caught up is not cut off for what is handed over at once', async t => {
  const history = new History(200_000);
  history.moveOn(300);
  const watch = shared(history, 250);
  watch.join(new Reader(300));
  await turn();
  // It reads as fast as anybody, once there is a moment for it.
  const back = new Reader(0);
  back.isStuck = true;
  watch.join(back);
  for (let drains = 0; back.seen < 300 && back.ended === undefined; drains += 1) {
    await turn();
    back.drain();
    t.true(drains < 1000);
  }
  t.is(back.ended, undefined);
  t.deepEqual(back.revisions, expectedOf(0, 300));
});

test('when the cluster cannot go on, everybody is told', async t => {
  let end: ((error: ClusterError) => void) | undefined;
  const nothing = (): void => undefined;
  let isOver = false;
  const watch = new SharedWatch({
    open: ({ onEnd }) => {
      end ??= onEnd;
      return { close: nothing, pause: nothing, resume: nothing };
    },
    subject,
    after: 10,
    onOver: () => {
      isOver = true;
    },
  });
  const readers = [10, 10, 3].map(place => new Reader(place));
  for (const reader of readers) watch.join(reader);
  end?.(new ClusterError('forgotten', 'no longer kept'));
  t.deepEqual(
    readers.map(({ ended }) => ended),
    ['forgotten', 'forgotten', 'forgotten'],
  );
  t.true(isOver);
});
