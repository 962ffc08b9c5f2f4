import test from 'ava';
import { view } from '../../src/consensus/protocol.ts';
import type { HostContext } from '../../src/host/host-context.ts';
import { ReadGate } from '../../src/host/read-gate.ts';
import type { Refusal } from '../../src/host/refusal.ts';
import { Requests } from '../../src/host/requests.ts';
import type { Timers } from '../../src/host/surroundings.ts';

/** A follower whose leader tells it of ever more, and that applies nothing: its disk is full. */
function stuckFollower() {
  let nowMs = 0;
  const timers: { atMs: number; run: () => void }[] = [];
  const replica = {
    role: 'follower',
    timings: { clockDriftMax: 0.1 },
    freshness: {
      horizon: { asOf: 0, upTo: { term: 1, index: 100 } },
      clockTrustedSince: Number.NEGATIVE_INFINITY,
    },
    commit: { term: 1, index: 50 },
    term: 1,
  };
  const after: Timers['after'] = (delayMs, run) => {
    const timer = { atMs: nowMs + delayMs, run };
    timers.push(timer);
    return () => timers.splice(timers.indexOf(timer), 1);
  };
  const host = {
    view: () => view(replica as never),
    now: () => nowMs,
    checkClock: () => true,
    dispatch: () => undefined,
  };
  const requests = new Requests(host as never, { after });
  const counters = { refusedReads: 0, boundedReads: 0 };
  const applyLoop = { state: { appliedIndex: 50 } };
  const gate = new ReadGate({ host, requests, counters, applyLoop } as unknown as HostContext);
  const pass = (ms: number): void => {
    nowMs += ms;
    for (const timer of [...timers]) if (timer.atMs <= nowMs) timer.run();
    // Whatever it holds, it hears its leader.
    replica.freshness.horizon = { ...replica.freshness.horizon, asOf: nowMs };
  };
  const read = (maxStalenessMs: number, tell: (answer: string | Refusal) => void): void =>
    gate.read(
      { consistency: 'bounded', maxStalenessMs },
      () => 'value',
      answer => tell('refused' in answer ? answer.refused : answer.value),
    );
  return { read, pass, requests, timers };
}

test('a bounded read is answered within its bound or refused, though what it must show does not come', t => {
  const { read, pass, timers } = stuckFollower();
  const answers: (string | Refusal)[] = [];
  for (let count = 0; count < 100; count += 1) {
    read(500, answer => answers.push(answer));
    pass(10);
  }
  t.true(answers.length >= 50, `${answers.length} of 100 are answered after 1 s`);
  pass(500);
  t.is(answers.length, 100);
  t.true(answers.every(answer => typeof answer !== 'string' && answer.reason === 'tooStale'));
  t.is(timers.length, 0, 'nothing is kept of them');
});

test('a bounded read with a bound of days waits ten seconds; one of no bound is refused at once', t => {
  const { read, pass } = stuckFollower();
  const answers: (string | Refusal)[] = [];
  read(1e9, answer => answers.push(answer));
  pass(9999);
  t.is(answers.length, 0);
  pass(1);
  t.like(answers, [{ reason: 'tooStale', detail: 'entry 100 is not applied here yet' }]);
  read(Number.NaN, answer => answers.push(answer));
  t.like(answers[1], { reason: 'tooStale' });
});

test('what must be shown is waited for, by so many at a time', t => {
  const { read, requests, timers } = stuckFollower();
  let answered = 0;
  let refused = 0;
  for (let count = 0; count < 10_001; count += 1) {
    read(500, answer => {
      if (answer === 'value') answered += 1;
      else refused += 1;
    });
  }
  t.deepEqual([answered, refused], [0, 1]);
  requests.advanced(100);
  t.deepEqual([answered, refused, timers.length], [10_000, 1, 0]);
});
