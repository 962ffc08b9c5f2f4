import type { ClusterEvent } from '../events/cluster-event.ts';
import type { Replica } from './replica.ts';
import { type Turn, tell } from './turn.ts';

/** What is wrong with others comes all the time, or never: it is told this often. */
const intervalMs = 60_000;

/** Tells an event of this type once per interval. */
export function tellRarely({ rarelyTold }: Replica, turn: Turn, event: ClusterEvent): void {
  const toldAt = rarelyTold.get(event.type);
  if (toldAt !== undefined && turn.now - toldAt < intervalMs) return;
  rarelyTold.set(event.type, turn.now);
  tell(turn, event);
}
