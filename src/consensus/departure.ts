import { lastPosition } from './log.ts';
import { compareConfigIds, comparePositions } from './position.ts';
import { isMember, isQuorum, memberOf, votersOf } from './quorum.ts';
import type { Replica } from './replica.ts';
import { type Turn, tell } from './turn.ts';
import type { Config, Fact, Position } from './types.ts';

/*
 * How a server leaves that the newest configuration it knows does not name. It cannot go at once:
 * the leader that made this configuration may have been deposed before anybody else heard of it,
 * and then the next leader still counts on us.
 */

/** Once per heartbeat: stays, comes back, or goes for good. */
export function considerDeparture(replica: Replica, turn: Turn): void {
  const { config, identity } = replica;
  const departure = replica.departure.state;
  if (config === undefined) {
    if (departure === 'done') tellThatItLeft(replica, turn);
    return;
  }
  if (isMember(config, identity)) {
    if (departure === 'awaited') tell(turn, { type: 'namedAgain' });
    replica.departure.state = 'none';
    return;
  }
  const isReplaced = memberOf(config, identity.id) !== undefined;
  if (departure === 'none') {
    replica.departure.state = 'awaited';
    tell(turn, { type: 'notNamed', isReplaced, voters: votersOf(config).map(({ id }) => id) });
  }
  if (departure === 'done' || !isDispensable(replica, config)) return;
  replica.departure.state = 'done';
  // Else, after a restart, it would ask again, and those who could tell it may be gone by then.
  turn.effects.push({ type: 'remember', what: { isDeparted: true } });
  tell(turn, { type: 'removed', isReplaced });
  turn.effects.push({ type: 'removed' });
}

/** In an earlier life; nobody who could say so need be there any more. */
function tellThatItLeft(replica: Replica, turn: Turn): void {
  if (!replica.newcomer.isWaitingTold) tell(turn, { type: 'leftBefore' });
  replica.newcomer.isWaitingTold = true;
}

/** Called before a configuration is taken over that names us again: we are counted on. */
export function endDeparture(replica: Replica, turn: Turn): void {
  if (replica.departure.state !== 'done') return;
  replica.departure.state = 'none';
  turn.effects.push({ type: 'remember', what: { isDeparted: false } });
}

/**
 * Does a quorum of the configuration's voters do without us? They have it, in its own term, so
 * that nobody is elected by an older one any more; and what our disk may have helped to commit is
 * on theirs.
 */
function isDispensable({ facts, log }: Replica, config: Config): boolean {
  const last = lastPosition(log);
  const independent = votersOf(config).filter(({ id, directoryId }) => {
    const fact = facts.get(id)?.fact;
    if (fact === undefined || fact.directoryId !== directoryId) return false;
    return livesIn(config, fact) && covers(config, fact.durable, last);
  });
  return isQuorum(config, new Set(independent.map(({ id }) => id)));
}

/** Has the owner this very configuration, and has it not moved on to a later term? */
export const livesIn = ({ id }: Config, { term, configId }: Fact): boolean =>
  term === id.term && compareConfigIds(configId, id) === 0;

/** Only the leader of a term writes its entries: who has one has what was committed before. */
const covers = ({ id }: Config, durable: Position, last: Position): boolean =>
  durable.term === id.term && comparePositions(durable, last) >= 0;
