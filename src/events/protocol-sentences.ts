import type { ClusterEvent } from './cluster-event.ts';

/*
 * The events in the words of the textbook exercise on Raft with leader leases: what dump.txt tells.
 * They are fixed: programs look for these very sentences.
 */

/** The digits of a server's name; the name itself when it has none. */
export const numberOf = (server: string): string => /\d+/.exec(server)?.[0] ?? server;

/** The sentences for an event of the server `self`; none when the textbook has none. */
function sentencesOf(event: ClusterEvent, self: string): readonly string[] {
  const own = numberOf(self);
  switch (event.type) {
    case 'roundStarted':
      return [`Leader ${own} sending heartbeat & Renewing Lease`];
    case 'steppedDown':
      return event.reason === 'noQuorum'
        ? [`Leader ${own} lease renewal failed. Stepping Down.`, `${own} Stepping down`]
        : [`${own} Stepping down`];
    case 'waitingForOldLease':
      return ['New Leader waiting for Old Leader Lease to timeout.'];
    case 'preVoteStarted':
      return [`Node ${own} election timer timed out, Starting election.`];
    case 'electionWon':
      return [`Node ${own} became the leader for term ${event.term}.`];
    case 'peerLost':
      return [`Error occurred while sending RPC to Node ${numberOf(event.peer)}.`];
    case 'requestReceived':
      return [`Node ${own} (leader) received an ${event.operation} request.`];
    case 'entryApplied': {
      const { operation, isLeader } = event;
      const subject = `Node ${own} (${isLeader ? 'leader' : 'follower'})`;
      return [`${subject} committed the entry ${operation} to the state machine.`];
    }
    case 'pulled':
      return [`Node ${own} accepted AppendEntries RPC from ${numberOf(event.source)}.`];
    case 'truncationRefused':
    case 'pullRefused':
      return [`Node ${own} rejected AppendEntries RPC from ${numberOf(event.source)}.`];
    case 'voteGranted':
      return [`Vote granted for Node ${numberOf(event.candidate)} in term ${event.term}.`];
    case 'voteDenied':
      return [`Vote denied for Node ${numberOf(event.candidate)} in term ${event.term}.`];
    default:
      return [];
  }
}

/**
 * Puts the events of one server into sentences, in the order in which these are true. In the
 * textbook a candidate that has won waits for the lease of the leader before it, then is the
 * leader, then renews its own; here it leads, and sends heartbeats, from the election on, and
 * commits nothing until that lease is over.
 */
export class ProtocolSentences {
  readonly #self: string;
  /** That it has won is said when it is known that there is nothing to wait for any more. */
  #won: readonly string[] = [];
  #isWaiting = false;

  constructor(self: string) {
    this.#self = self;
  }

  /** What is to be said now, of this event and of what was kept back. */
  after(event: ClusterEvent): readonly string[] {
    const own = sentencesOf(event, this.#self);
    switch (event.type) {
      case 'electionWon':
        this.#won = own;
        return [];
      case 'waitingForOldLease':
        this.#isWaiting = true;
        return own;
      case 'oldLeaseOver':
        this.#isWaiting = false;
        return this.rest();
      case 'roundStarted':
        return this.#isWaiting ? [] : [...this.rest(), ...own];
      case 'steppedDown':
        this.#isWaiting = false;
        this.#won = [];
        return own;
      default:
        return [...this.rest(), ...own];
    }
  }

  /** What was kept back although nothing else has happened. */
  rest(): readonly string[] {
    if (this.#isWaiting) return [];
    const won = this.#won;
    this.#won = [];
    return won;
  }
}
