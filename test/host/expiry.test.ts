import test from 'ava';
import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import type { Entry, MonotonicMs, WallMs } from '../../src/consensus/types.ts';
import { Expiry } from '../../src/host/expiry.ts';
import { Host } from '../../src/host/host.ts';
import type { HostContext } from '../../src/host/host-context.ts';
import { Requests } from '../../src/host/requests.ts';
import { type Command, decodeCommand, encodeCommand } from '../../src/machines/frame/command.ts';
import {
  applyEntry,
  createReplicatedState,
  stateLimits,
} from '../../src/machines/frame/replicated-state.ts';
import {
  type KeysState,
  keysSlot,
  oldestRevision,
  usualLimits,
} from '../../src/machines/keys/state.ts';
import { makeLeader, replica } from '../consensus/fixtures.ts';

/** A leader on its own clock, whose entries are committed when the test says so. */
class Leader {
  readonly replica = replica({ terms: [1] });
  readonly state = createReplicatedState();
  readonly ticks: Command[] = [];
  timersSet = 0;
  readonly expiry: Expiry;
  readonly #host: Host;
  readonly #requests: Requests;
  #nowMs = 1000;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];
  #waiting: Entry[] = [];

  constructor({ ageMs = 0, idempotencyMaxBytes = stateLimits.idempotency.maxBytes } = {}) {
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
    this.expiry = new Expiry({ ...context, applyLoop } as unknown as HostContext, {
      idempotencyMaxBytes,
      history: { ...usualLimits, ageMs },
    });
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

  get oldestRevision(): number {
    return oldestRevision(this.state.states[keysSlot.name] as KeysState);
  }

  propose(...commands: readonly Command[]): void {
    this.#requests.propose(commands.map(encodeCommand), () => undefined);
  }

  /** All that waits is committed and applied, in one slice. */
  commit(): void {
    const entries = this.#waiting;
    this.#waiting = [];
    for (const entry of entries) {
      const command = entry.kind === 'noop' ? undefined : decodeCommand(entry.payload);
      if (command?.type === 'tick') this.ticks.push(command);
      this.#requests.applied(entry, applyEntry(this.state, entry));
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
const set = (session: number, name: string): Command => {
  sequence += 1;
  const key = utf8BytesOf(name);
  const hold = { ttlMs: undefined, lease: undefined, wantsPrevious: false };
  const put = { op: 'keys.put', key, value: key, type: 'text/plain', ...hold } as const;
  const transaction = { compare: [], success: [put], failure: [] };
  const items = [{ sequence, idempotency: undefined, transaction }];
  return { type: 'transact', session, ackedBelow: sequence, items };
};

function open(leader: Leader): number {
  leader.propose({ type: 'openSession', nonce: 'n' });
  leader.commit();
  const session = leader.state.appliedIndex;
  // What its file says, if that is news.
  leader.commit();
  return session;
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
  const leader = new Leader({ ageMs: 4000 });
  const session = open(leader);
  t.is(leader.ticks.length, 1, 'how much is kept');
  for (let turn = 0; turn < 10; turn += 1) {
    leader.propose(set(session, 'd'));
    leader.commit();
  }
  t.is(leader.timersSet, 1, 'what ends later moves no timer');
  leader.pass(4999);
  leader.commit();
  t.is(leader.ticks.length, 1);
  leader.pass(1);
  leader.commit();
  t.is(leader.ticks.length, 2);
  t.is(leader.oldestRevision, 10);
  leader.expiry.stop();
  t.is(leader.timerCount, 0);
});

test('a leader tells the log how much room its file gives to idempotency keys, once', t => {
  const idempotencyMaxBytes = 2 * 1024 * 1024;
  const leader = new Leader({ idempotencyMaxBytes });
  leader.commit();
  leader.commit();
  leader.commit();
  t.deepEqual(leader.ticks, [{ type: 'tick', idempotencyMaxBytes, operations: [] }]);
  t.is(leader.state.idempotency.maxBytes, idempotencyMaxBytes);
});

test('who leads no more has no timer', t => {
  const leader = new Leader({ ageMs: 1000 });
  const session = open(leader);
  leader.propose(set(session, 'a'));
  leader.commit();
  t.is(leader.timerCount, 1);
  leader.replica.role = 'follower';
  leader.replica.leadership = undefined;
  leader.commit();
  t.is(leader.timerCount, 0);
});
