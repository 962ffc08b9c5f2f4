import type { ClusterEvent } from '../events/cluster-event.ts';
import type { Effect, MessageBody, MonotonicMs, NodeId, RequestAnswer } from './types.ts';

/**
 * One turn of the protocol: one event, its time, and what it leads to.
 *
 * Messages are put into envelopes at the end of the turn, so that all of them carry the state after
 * it and none leaves before what the turn made durable.
 */
export type Turn = {
  readonly now: MonotonicMs;
  readonly effects: Effect[];
  readonly outbox: { readonly to: NodeId; readonly body: MessageBody }[];
};

export const send = (turn: Turn, to: NodeId, body: MessageBody): void => {
  turn.outbox.push({ to, body });
};

export const answer = (turn: Turn, id: number, what: RequestAnswer): void => {
  turn.effects.push({ type: 'answered', id, answer: what });
};

export const tell = (turn: Turn, event: ClusterEvent): void => {
  turn.effects.push({ type: 'tell', event });
};
