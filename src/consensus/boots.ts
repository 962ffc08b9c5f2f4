import { isTwin } from './incarnation.ts';
import { noPosition } from './position.ts';
import { isMember, memberOf } from './quorum.ts';
import type { Replica } from './replica.ts';
import type { Turn } from './turn.ts';
import type { Fact, GossipEntry, NodeId, Term } from './types.ts';

/* The newest boot of each member that was heard of: kept over our own restarts. */

/** Has the directory been heard of in a later boot than this one, or in another of its number? */
export function isOfForgottenBoot({ knownBoots }: Replica, fact: Fact): boolean {
  const known = knownBoots.get(fact.owner);
  if (known?.directoryId !== fact.directoryId) return false;
  return fact.incarnation < known.incarnation || isTwin(fact.incarnation, known.incarnation);
}

/** Keeps the boot of a member, once for each. */
export function noteBoot(replica: Replica, turn: Turn, fact: Fact): void {
  const { knownBoots, config } = replica;
  const { owner: id, directoryId, incarnation } = fact;
  const known = knownBoots.get(id);
  const isKnown = known?.directoryId === directoryId && known.incarnation === incarnation;
  if (isKnown || !isMember(config, { id, directoryId })) return;
  knownBoots.set(id, { id, directoryId, incarnation });
  for (const other of knownBoots.keys()) {
    if (memberOf(config, other) === undefined) knownBoots.delete(other);
  }
  turn.effects.push({ type: 'remember', what: { knownBoots: [...knownBoots.values()] } });
}

/** What is left of what we knew of a member before our restart: its boot, and nothing else. */
export function rememberedFact(
  { knownBoots, config, timings }: Replica,
  id: NodeId,
): GossipEntry[] {
  const known = knownBoots.get(id);
  if (known === undefined || !isMember(config, known)) return [];
  const fact: Fact = {
    owner: id,
    directoryId: known.directoryId,
    incarnation: known.incarnation,
    sequence: 0,
    term: 0 as Term,
    role: 'follower',
    leader: undefined,
    vote: undefined,
    support: undefined,
    seen: { term: 0 as Term, round: 0 },
    seenAgeMs: 0,
    seenLeaseMs: 0,
    durable: noPosition,
    last: noPosition,
    commit: noPosition,
    applied: noPosition.index,
    firstIndex: noPosition.index,
    logGeneration: 0,
    commandLevel: 0,
    configId: { term: 0 as Term, version: 0 },
    source: undefined,
    depth: 0,
    pullerCount: 0,
    isDiskStalled: false,
    isRecovering: false,
    timing: timings,
    olderLeaseMs: 0,
    transferee: undefined,
    isTransferee: false,
    sponsor: undefined,
    membersHash: undefined,
  };
  return [{ fact, ageMs: 0 }];
}
