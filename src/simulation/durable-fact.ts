import type { Fact, NodeId, Position } from '../consensus/types.ts';
import { demand } from './failure.ts';

/** What the disk of a server holds at this moment. */
export type DurableState = {
  /** Is the entry at this position on the disk, or what it has brought about in a snapshot? */
  holdsDurably(position: Position): boolean;
  readonly durableVote: { readonly term: number; readonly vote: NodeId | undefined };
};

/** What a server says of itself must be on its disk when it says it. */
export function demandDurable(disk: DurableState, fact: Fact): void {
  const { durableVote } = disk;
  const { owner, durable, term, vote } = fact;
  const isHeld = durable.index === 0 || disk.holdsDurably(durable);
  demand(isHeld, `rule 1: ${owner} says that ${durable.index} is durable, and it is not`);
  const isDurable = durableVote.term === term && durableVote.vote === vote;
  demand(
    isDurable,
    `rule 2: ${owner} tells of term ${term} and vote ${vote} before its disk knows`,
  );
}
