import { appendOwn } from './appending.ts';
import { positionAt } from './log.ts';
import type { Replica } from './replica.ts';
import { stampOf } from './stamps.ts';
import { answer, type Turn } from './turn.ts';
import type { Event, Proposal, RefusalReason } from './types.ts';

type Propose = Extract<Event, { type: 'propose' }>;

/** Gives proposals their places in the log. Their acknowledgement comes with the commit. */
export function onPropose(replica: Replica, turn: Turn, { proposals, wallMs }: Propose): void {
  const reason = refusalOf(replica, proposals);
  if (reason !== undefined) {
    const { leader } = replica;
    for (const { id } of proposals) answer(turn, id, { type: 'refused', reason, leader });
    return;
  }
  const firstIndex = replica.log.lastIndex + 1;
  const contents = proposals.map(({ payload }) => ({ kind: 'command' as const, payload }));
  appendOwn(replica, turn, contents, stampOf(replica, turn.now, wallMs));
  proposals.forEach(({ id }, place) => {
    const position = positionAt(replica.log, firstIndex + place);
    answer(turn, id, { type: 'appended', position });
  });
}

/** One oversized proposal is let in when nothing else waits: the limit bounds memory, not size. */
function refusalOf(replica: Replica, proposals: readonly Proposal[]): RefusalReason | undefined {
  const { leadership, limits } = replica;
  if (leadership === undefined) return 'notLeader';
  if (leadership.transfer !== undefined) return 'transferring';
  if (leadership.uncommittedBytes === 0) return undefined;
  const bytes = proposals.reduce((sum, { payload }) => sum + payload.length, 0);
  const total = leadership.uncommittedBytes + bytes;
  return total > limits.uncommittedMaxBytes ? 'overloaded' : undefined;
}
