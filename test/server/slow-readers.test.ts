import { EventEmitter } from 'node:events';
import test from 'ava';
import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import { encodeCommand } from '../../src/machines/frame/command.ts';
import {
  applyEntry,
  createReplicatedState,
  type ReplicatedState,
} from '../../src/machines/frame/replicated-state.ts';
import { encodeFilter } from '../../src/machines/query.ts';
import { AckStream } from '../../src/server/ack-stream.ts';
import { write } from '../../src/server/patient-stream.ts';
import { watch } from '../../src/server/rpc/watch.ts';
import { PullAnswers } from '../../src/transport/pull-answers.ts';
import { mebibyte } from '../../src/words.ts';
import { at, entriesOf, fact, messageTo0 } from '../consensus/fixtures.ts';
import { alone, only, putKey } from '../fixtures/commands.ts';

/** A stream whose other side takes nothing until it is told to. */
class SlowStream extends EventEmitter {
  readonly request: unknown;
  readonly written: object[] = [];
  readonly cancelled = false;
  writableEnded = false;
  #taken: (() => void)[] = [];

  constructor(request: object = {}) {
    super();
    this.request = request;
  }

  write(message: object, taken?: () => void): void {
    this.written.push(message);
    if (taken !== undefined) this.#taken.push(taken);
  }

  /** As many messages as are there now. */
  take(): void {
    const taken = this.#taken;
    this.#taken = [];
    for (const tell of taken) tell();
  }

  end(): void {
    this.writableEnded = true;
  }
}

test('a client that does not read its answers costs a bounded amount of memory', t => {
  const call = new SlowStream();
  const options = { intervalMs: 1000, isBusy: () => false };
  const acks = new AckStream(call as never, options);
  t.teardown(() => acks.stop());
  const result = Buffer.alloc(mebibyte);
  return new Promise<void>(resolve => {
    let sequence = 0;
    const push = (): void => {
      sequence += 1;
      acks.push({ sequence, position: at(1, sequence), result });
      if (sequence < 40) setImmediate(push);
      else {
        t.true(call.writableEnded);
        t.true(call.written.length < 20);
        resolve();
      }
    };
    push();
  });
});

test('while something waits for its commit, a leader says that it is there', async t => {
  const call = new SlowStream();
  let isBusy = false;
  const acks = new AckStream(call as never, { intervalMs: 5, isBusy: () => isBusy });
  t.teardown(() => acks.stop());
  t.is(call.written.length, 1);
  await new Promise(resolve => setTimeout(resolve, 50));
  t.is(call.written.length, 1);
  isBusy = true;
  await new Promise(resolve => setTimeout(resolve, 50));
  t.true(call.written.length > 1);
});

test('a stream that breaks while it is waited for is not told as one that takes nothing', async t => {
  const call = Object.assign(new EventEmitter(), { cancelled: false, write: () => false });
  const written = write(call as never, {});
  call.emit('error', new Error('the connection is gone'));
  await t.throwsAsync(written, { message: 'the connection is gone' });
});

/** Sets the keys k1, k2, … with values of 1 MiB. */
function setKeys(state: ReplicatedState, count: number): void {
  const entry = { term: 1, wallMs: 1, kind: 'command' as const };
  const open = encodeCommand({ type: 'openSession', nonce: 'n' });
  applyEntry(state, { ...entry, index: 1, payload: open });
  for (let index = 2; index <= count + 1; index += 1) {
    const set = only(putKey(`k${index}`, 'v'.repeat(mebibyte)));
    const command = alone({ session: 1, sequence: index }, set);
    applyEntry(state, { ...entry, index, payload: encodeCommand(command) });
  }
}

test('a watcher that does not read is told no more, and of everything once it does', t => {
  const state = createReplicatedState();
  const range = { start: utf8BytesOf('k'), end: utf8BytesOf('l') };
  const wanted = { ...range, puts: true, deletes: true, withPrevious: false };
  const filter = encodeFilter('keys', wanted);
  const call = new SlowStream({ machine: 'keys', filter, after: 0 });
  let advanced = (): void => undefined;
  const requests = {
    onAdvance: (run: () => void) => {
      advanced = run;
      return () => undefined;
    },
  };
  const host = { view: () => ({ leader: undefined }) };
  const queries = { view: () => ({ nowMs: 0, leaseRemainingMs: () => undefined }) };
  const context = { requests, applyLoop: { state }, host, queries };
  watch(context as never)(call as never);
  setKeys(state, 30);
  advanced();
  const told = (): number =>
    (call.written as { changes?: unknown[] }[]).reduce(
      (sum, { changes }) => sum + (changes?.length ?? 0),
      0,
    );
  t.true(told() >= 4 && told() < 8);
  for (let turn = 0; turn < 30; turn += 1) call.take();
  t.is(told(), 30);
  call.emit('close');
});

test('a puller that does not read is handed a little, and nothing of a stream that is over', t => {
  const call = new SlowStream();
  const answers = new PullAnswers(call as never);
  const { envelope } = messageTo0({ type: 'updatePosition' }, [fact('n1')]);
  const send = (pullId: number, index: number): void => {
    const entries = entriesOf([1], index).map(entry => ({
      ...entry,
      payload: new Uint8Array(mebibyte),
    }));
    const prev = at(1, index - 1);
    const sourceLast = at(1, 100);
    answers.send(envelope, { type: 'pullBatch', pullId, prev, entries, sourceLast, path: [] });
  };
  for (let index = 1; index <= 100; index += 1) send(1, index);
  t.is(call.written.length, 2);
  send(2, 7);
  for (let turn = 0; turn < 10; turn += 1) call.take();
  const batches = (call.written as { batch: { pullId: number; piece: object } }[]).map(
    ({ batch }) => batch,
  );
  t.deepEqual(
    batches.map(({ pullId }) => pullId),
    [1, 1, 2, 2, 2, 2],
  );
  t.is(batches.length, 6);
  for (let index = 8; index <= 100; index += 1) send(2, index);
  for (let turn = 0; turn < 500; turn += 1) call.take();
  // What did not fit is lost, and the puller begins anew.
  t.true(call.written.length < 6 + 4 * 34);
});
