import test from 'ava';
import type { ClusterEvent } from '../../src/events/cluster-event.ts';
import { ProtocolSentences } from '../../src/events/protocol-sentences.ts';
import type { Term } from '../../src/words.ts';

const term = 2 as Term;
const won: ClusterEvent = { type: 'electionWon', term };
const waits: ClusterEvent = { type: 'waitingForOldLease', waitMs: 400 };
const round: ClusterEvent = { type: 'roundStarted' };
const isOver: ClusterEvent = { type: 'oldLeaseOver' };
const deposed = (reason: 'noQuorum' | 'newerTerm'): ClusterEvent => ({
  type: 'steppedDown',
  term,
  reason,
});

const waiting = 'New Leader waiting for Old Leader Lease to timeout.';
const leads = 'Node 1 became the leader for term 2.';
const renews = 'Leader 1 sending heartbeat & Renewing Lease';

const told = (events: readonly ClusterEvent[]): string[] => {
  const sentences = new ProtocolSentences('n1');
  return [...events.flatMap(event => sentences.after(event)), ...sentences.rest()];
};

test('a new leader waits for the old lease, then leads, then renews its own', t => {
  t.deepEqual(told([won, waits, round, round, isOver, round]), [waiting, leads, renews]);
});

test('without an old lease it leads at once', t => {
  t.deepEqual(told([won]), [leads]);
  t.deepEqual(told([won, round, round]), [leads, renews, renews]);
});

test('one that is deposed while it waits never was the leader of the textbook', t => {
  t.deepEqual(told([won, waits, round, deposed('newerTerm')]), [waiting, '1 Stepping down']);
});

test('a leader that loses its majority writes both its lines', t => {
  t.deepEqual(told([won, deposed('noQuorum')]).slice(-2), [
    'Leader 1 lease renewal failed. Stepping Down.',
    '1 Stepping down',
  ]);
});
