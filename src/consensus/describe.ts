import { gossipEntryOf, ownFact } from './gossip.ts';
import type { Replica } from './replica.ts';
import type { Config, GossipEntry, MonotonicMs, NodeId, Position, Role, Term } from './types.ts';

/** What a replica shows to people: its own view, with the age of everything it heard. */
export type ReplicaDescription = {
  readonly role: Role;
  readonly term: Term;
  readonly leader: NodeId | undefined;
  readonly config: Config | undefined;
  readonly commit: Position;
  /** Our own fact first. */
  readonly facts: readonly GossipEntry[];
};

/** Our own fact as of now: a server that nobody listens to has not published one for long. */
export function describe(replica: Replica, now: MonotonicMs): ReplicaDescription {
  const others = [...replica.facts.values()].filter(
    ({ fact }) => fact.owner !== replica.identity.id,
  );
  const facts = [{ fact: ownFact(replica, now), writtenAt: now }, ...others];
  return {
    role: replica.role,
    term: replica.term,
    leader: replica.leader,
    config: replica.config,
    commit: replica.commit,
    facts: facts.map(known => gossipEntryOf(known, now)),
  };
}
