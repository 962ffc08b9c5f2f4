import test from 'ava';
import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import type { Entry, MonotonicMs, WallMs } from '../../src/consensus/types.ts';
import { Expiry } from '../../src/host/expiry.ts';
import { Host } from '../../src/host/host.ts';
import type { HostContext } from '../../src/host/host-context.ts';
import { Requests } from '../../src/host/requests.ts';
import { type Command, decodeCommand, encodeCommand } from '../../src/state-machines/command.ts';
import {
  applyEntry,
  createReplicatedState,
  stateLimits,
} from '../../src/state-machines/replicated-state.ts';
import { makeLeader, replica } from '../consensus/fixtures.ts';

/** A leader on its own clock, whose entries are committed when the test says so. */
class Leader {
  readonly replica = replica({ terms: [1] });
  readonly state = createReplicatedState({ ...stateLimits, expiredPerEntryMax: 2 });
  readonly ticks: Command[] = [];
  timersSet = 0;
  readonly expiry: Expiry;
  readonly #host: Host;
  readonly #requests: Requests;
  #nowMs = 1000;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];
  #waiting: Entry[] = [];

  constructor(idempotencyMaxBytes = stateLimits.idempotency.maxBytes) {
    makeLeader(this.replica, this.#nowMs);
    const clock = {
      monotonicNow: () => this.#nowMs as MonotonicMs,
      wallNow: () => (5_000_000 + this.#nowMs) as WallMs,
    };
    const timers = {
      after: (delayMs: number, run: () => void) => {
        const timer = { atMs: this.#nowMs + delayMs, run };
        this.timersSet += 1;
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter(one => one !== timer);
        };
      },
      turnOfTheOthers: () => Promise.resolve(),
      slice: () => () => false,
    };
    // The host's own timers are not what is tested here.
    this.#host = new Host(this.replica, {
      clock,
      timers: { ...timers, after: () => () => undefined },
    });
    this.#requests = new Requests(this.#host, timers);
    const context = { host: this.#host, requests: this.#requests, timers };
    const applyLoop = { state: this.state };
    this.expiry = new Expiry(
      { ...context, applyLoop } as unknown as HostContext,
      idempotencyMaxBytes,
    );
    this.#host.start(effects => {
      for (const effect of effects) {
        if (effect.type === 'answered') this.#requests.answered(effect);
        else if (effect.type === 'deposed') this.#requests.deposed(effect);
        else if (effect.type === 'append') this.#waiting.push(...effect.entries);
      }
    });
    this.expiry.start();
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  get keyCount(): number {
    return this.state.keyValues.contents.keys.size;
  }

  propose(...commands: readonly Command[]): void {
    this.#requests.propose(commands.map(encodeCommand), () => undefined);
  }

  /** All that waits is committed and applied, in one slice. */
  commit(): void {
    const entries = this.#waiting;
    this.#waiting = [];
    for (const entry of entries) {
      const command = decodeCommand(entry.payload);
      if (command?.kind === 'tick') this.ticks.push(command);
      const outcome = applyEntry(this.state, entry);
      if (outcome !== undefined) this.#requests.applied(entry, outcome);
    }
    this.#requests.advanced(this.state.appliedIndex);
  }

  pass(durationMs: number): void {
    this.#nowMs += durationMs;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { run } of due) run();
  }
}

let sequence = 0;
const set = (session: number, name: string, ttlMs?: number): Command => {
  sequence += 1;
  const key = utf8BytesOf(name);
  const operation = { op: 'set', key, value: key, type: 'text/plain', ttlMs } as const;
  const frame = { session, sequence, ackedBelow: sequence };
  return { kind: 'transact', ...frame, compare: [], success: [operation], failure: [] };
};

function open(leader: Leader): number {
  leader.propose({ kind: 'openSession', nonce: 'n' });
  leader.commit();
  return leader.state.appliedIndex;
}

test('where nothing ends, there is neither a tick nor a timer', t => {
  const leader = new Leader();
  const session = open(leader);
  leader.propose(set(session, 'a'));
  leader.commit();
  leader.pass(24 * 60 * 60 * 1000);
  t.is(leader.timersSet, 0);
  t.deepEqual(leader.ticks, []);
});

test('there is one timer, for the next thing that is due, and a tick when it is', t => {
  const leader = new Leader();
  const session = open(leader);
  leader.propose(set(session, 'a', 5000), set(session, 'b', 3000), set(session, 'c', 4000));
  leader.commit();
  for (let turn = 0; turn < 10; turn += 1) {
    leader.propose(set(session, 'd', 9000));
    leader.commit();
  }
  t.is(leader.timersSet, 1, 'what ends later moves no timer');
  leader.pass(2999);
  leader.commit();
  t.is(leader.ticks.length, 0);
  leader.pass(1);
  leader.commit();
  t.is(leader.ticks.length, 1);
  t.is(leader.keyCount, 3);
  t.is(leader.timerCount, 1);
  leader.expiry.stop();
  t.is(leader.timerCount, 0);
});

test('the leader ticks on as long as something is due, one tick at a time', t => {
  const leader = new Leader();
  const session = open(leader);
  leader.propose(...['a', 'b', 'c', 'd', 'e'].map(name => set(session, name, 1000)));
  leader.commit();
  leader.pass(1000);
  const left: number[] = [];
  while (leader.keyCount > 0 && left.length < 10) {
    leader.commit();
    left.push(leader.keyCount);
  }
  t.deepEqual(left, [3, 1, 0]);
  leader.commit();
  t.is(leader.ticks.length, 3);
  t.is(leader.timerCount, 0);
});

test('the clock of the log goes on in a new term although nobody writes, if anything ends', t => {
  const leader = new Leader();
  const payload = (command: Command): Uint8Array => encodeCommand(command);
  const old = { term: 1, wallMs: 1, kind: 'command' } as const;
  applyEntry(leader.state, {
    ...old,
    index: 1,
    payload: payload({ kind: 'openSession', nonce: 'n' }),
  });
  applyEntry(leader.state, { ...old, index: 2, payload: payload(set(1, 'a', 1000)) });
  // The entry of its own with which a leader begins.
  leader.commit();
  leader.commit();
  t.is(leader.ticks.length, 1);
  leader.pass(1000);
  leader.commit();
  t.is(leader.ticks.length, 2);
  t.is(leader.keyCount, 0);
});

test('a leader tells the log how much room its file gives to idempotency keys, once', t => {
  const idempotencyMaxBytes = 2 * 1024 * 1024;
  const leader = new Leader(idempotencyMaxBytes);
  leader.commit();
  leader.commit();
  leader.commit();
  t.deepEqual(leader.ticks, [{ kind: 'tick', idempotencyMaxBytes }]);
  t.is(leader.state.keys.maxBytes, idempotencyMaxBytes);
});

test('who leads no more has no timer', t => {
  const leader = new Leader();
  const session = open(leader);
  leader.propose(set(session, 'a', 1000));
  leader.commit();
  t.is(leader.timerCount, 1);
  leader.replica.role = 'follower';
  leader.replica.leadership = undefined;
  leader.commit();
  t.is(leader.timerCount, 0);
});
