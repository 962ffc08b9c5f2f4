import { gossipEntryOf, publish } from './gossip.ts';
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

/** Writes our own fact anew first: a server that nobody listens to has not done so for long. */
export function describe(replica: Replica, now: MonotonicMs): ReplicaDescription {
  publish(replica, now);
  const own = replica.facts.get(replica.identity.id);
  const others = [...replica.facts.values()].filter(known => known !== own);
  const facts = own === undefined ? others : [own, ...others];
  return {
    role: replica.role,
    term: replica.term,
    leader: replica.leader,
    config: replica.config,
    commit: replica.commit,
    facts: facts.map(known => gossipEntryOf(known, now)),
  };
}
