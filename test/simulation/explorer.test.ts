import test from 'ava';
import { explore } from '../../src/simulation/explorer.ts';

const none = { timeouts: 0, proposals: 0, crashes: 0, gossips: 0 };
const elected = [
  'n0 times out, n1 supports it',
  'deliver requestVote n0 > n1',
  'deliver requestVoteReply n1 > n0',
  'n0 greets n1',
  'n0 greets n2',
];

test('whatever may happen in two elections of three servers: all of it', t => {
  const bounds = { ...none, timeouts: 2, inFlightMax: 2, statesMax: 100_000 };
  const { states, depth, isComplete, violation } = explore(bounds);
  t.log(`${states} states, up to ${depth} actions`);
  t.deepEqual({ isComplete, violation }, { isComplete: true, violation: undefined });
  t.true(states > 3000);
});

test('an election, a crash and a greeting: all of it', t => {
  const bounds = { ...none, timeouts: 1, crashes: 1, gossips: 1, inFlightMax: 2 };
  const { states, depth, isComplete, violation } = explore({ ...bounds, statesMax: 100_000 });
  t.log(`${states} states, up to ${depth} actions`);
  t.deepEqual({ isComplete, violation }, { isComplete: true, violation: undefined });
  t.true(states > 20_000);
});

test('a proposal under a new leader, with all orders of its messages: all of it', t => {
  const bounds = { ...none, proposals: 1, inFlightMax: 3, statesMax: 100_000 };
  const { states, depth, isComplete, violation } = explore(bounds, elected);
  t.log(`${states} states, up to ${depth} actions`);
  t.deepEqual({ isComplete, violation }, { isComplete: true, violation: undefined });
  t.true(states > 5000);
});

test('a second election while the first leader still writes: the first 60,000 states', t => {
  const bounds = { ...none, timeouts: 1, proposals: 1, gossips: 1, inFlightMax: 2 };
  const { states, depth, violation } = explore({ ...bounds, statesMax: 60_000 }, elected);
  t.log(`${states} states, up to ${depth} actions`);
  t.is(violation, undefined);
});
