import type { ClusterEvent } from './cluster-event.ts';

/*
 * The events in the words of the textbook exercise on Raft with leader leases: what dump.txt tells.
 * They are fixed: programs look for these very sentences.
 */

/** The digits of a server's name; the name itself when it has none. */
export const numberOf = (server: string): string => /\d+/.exec(server)?.[0] ?? server;

/** The sentence for an event of the server `self`; undefined when the textbook has none. */
export function protocolSentence(event: ClusterEvent, self: string): string | undefined {
  const own = numberOf(self);
  switch (event.type) {
    case 'roundStarted':
      return `Leader ${own} sending heartbeat & Renewing Lease`;
    case 'steppedDown':
      return event.reason === 'noQuorum'
        ? `Leader ${own} lease renewal failed. Stepping Down.`
        : `${own} Stepping down`;
    case 'waitingForOldLease':
      return 'New Leader waiting for Old Leader Lease to timeout.';
    case 'preVoteStarted':
      return `Node ${own} election timer timed out, Starting election.`;
    case 'electionWon':
      return `Node ${own} became the leader for term ${event.term}.`;
    case 'peerLost':
      return `Error occurred while sending RPC to Node ${numberOf(event.peer)}.`;
    case 'requestReceived':
      return `Node ${own} (leader) received an ${event.operation} request.`;
    case 'entryApplied': {
      const { operation, isLeader } = event;
      const subject = `Node ${own} (${isLeader ? 'leader' : 'follower'})`;
      return `${subject} committed the entry ${operation} to the state machine.`;
    }
    case 'pulled':
      return `Node ${own} accepted AppendEntries RPC from ${numberOf(event.source)}.`;
    case 'truncationRefused':
    case 'pullRefused':
      return `Node ${own} rejected AppendEntries RPC from ${numberOf(event.source)}.`;
    case 'voteGranted':
      return `Vote granted for Node ${numberOf(event.candidate)} in term ${event.term}.`;
    case 'voteDenied':
      return `Vote denied for Node ${numberOf(event.candidate)} in term ${event.term}.`;
    default:
      return undefined;
  }
}
