import type { ClusterEvent } from '../../src/events/cluster-event.ts';
import { ProtocolSentences } from '../../src/events/protocol-sentences.ts';
import type { NodeId, Term } from '../../src/words.ts';

const term = 2 as Term;
const won: ClusterEvent = { type: 'electionWon', term };
const waits: ClusterEvent = { type: 'waitingForOldLease', waitMs: 400 };
const round: ClusterEvent = { type: 'roundStarted' };
const isOver: ClusterEvent = { type: 'oldLeaseOver' };
const lost: ClusterEvent = { type: 'peerLost', peer: 'n2' as NodeId };
const deposed: ClusterEvent = { type: 'steppedDown', term, reason: 'newerTerm' };
const alone: ClusterEvent = { type: 'steppedDown', term, reason: 'noQuorum' };

const waiting = 'New Leader waiting for Old Leader Lease to timeout.';
const leads = 'Node 1 became the leader for term 2.';
const renews = 'Leader 1 sending heartbeat & Renewing Lease';
const fails = 'Leader 1 lease renewal failed. Stepping Down.';
const stepsDown = '1 Stepping down';

/** What happens to a leader, and what dump.txt tells of it. */
export const toldLeaderships: readonly {
  readonly what: string;
  readonly events: readonly ClusterEvent[];
  readonly sentences: readonly string[];
}[] = [
  {
    what: 'a new leader waits for the old lease, then leads, then renews its own',
    events: [won, waits, round, round, isOver, round],
    sentences: [waiting, leads, renews],
  },
  {
    what: 'whatever else happens while it waits, it does not lead yet',
    events: [won, waits, lost, isOver],
    sentences: [waiting, 'Error occurred while sending RPC to Node 2.', leads],
  },
  { what: 'without an old lease it leads at once', events: [won], sentences: [leads] },
  {
    what: 'and renews its lease with every round',
    events: [won, round, round],
    sentences: [leads, renews, renews],
  },
  {
    what: 'one that is deposed while it waits never was the leader of the textbook',
    events: [won, waits, round, deposed, round],
    sentences: [waiting, stepsDown, renews],
  },
  {
    what: 'a leader that loses its majority writes both its lines',
    events: [won, round, alone],
    sentences: [leads, renews, fails, stepsDown],
  },
];

export function told(events: readonly ClusterEvent[]): string[] {
  const sentences = new ProtocolSentences('n1');
  return [...events.flatMap(event => sentences.after(event)), ...sentences.rest()];
}
